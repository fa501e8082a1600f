import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { PROJECT_DIR } from '../../src/platform/config/index.js';

interface Rule {
  readonly names: readonly string[];
  readonly action: string;
  readonly args?: readonly unknown[];
  readonly includes?: { readonly arches?: readonly string[] };
}
interface Profile {
  readonly defaultAction: string;
  readonly architectures: readonly string[];
  readonly syscalls: readonly Rule[];
}

const read = (file: string): string => readFileSync(join(PROJECT_DIR, file), 'utf8');
const profile = JSON.parse(read('docker/seccomp.json')) as Profile;
const allowing = profile.syscalls.filter(({ action }) => action === 'SCMP_ACT_ALLOW');

/** What is allowed on a processor, by the name that engines have for it. */
const allowedOn = (processor: string): ReadonlySet<string> =>
  new Set(
    allowing.filter(({ includes }) => includes?.arches?.includes(processor) ?? true).flatMap(({ names }) => names),
  );

describe('docker/seccomp.json', () => {
  it('refuses what it does not name, on both processors', () => {
    expect(profile.defaultAction).toBe('SCMP_ACT_ERRNO');
    expect([...profile.architectures].sort()).toEqual(['SCMP_ARCH_AARCH64', 'SCMP_ARCH_X86_64']);
  });

  it('names at most 90 system calls', () => {
    expect(allowedOn('amd64').size).toBeLessThanOrEqual(90);
  });

  it('knows processes, sockets and devices by their arguments alone', () => {
    const free = allowing.filter(({ args }) => args === undefined).flatMap(({ names }) => names);
    for (const name of ['clone', 'socket', 'socketpair', 'prctl', 'ioctl']) {
      expect(allowedOn('amd64')).toContain(name);
      expect(free).not.toContain(name);
    }
  });

  it('names nothing that leads out of a container', () => {
    const never =
      /^(mount|umount|pivot_root|chroot|unshare|setns|ptrace|process_vm_|keyctl|add_key|request_key|bpf|perf_)/;
    const neither =
      /^(userfaultfd|io_uring_|kexec_|.*_module|reboot|swap|open_by_handle_at|mknod|personality|set[ug]id)/;
    const named = profile.syscalls.flatMap(({ names }) => names);
    expect(named.filter((name) => never.test(name) || neither.test(name))).toEqual([]);
  });

  it('is in force for every program of this repository in docker-compose.prod.yml', () => {
    const { services } = parse(read('docker-compose.prod.yml'), { merge: true }) as {
      services: Record<string, { image: string; security_opt: readonly string[] }>;
    };
    const own = Object.values(services).filter(({ image }) => image.includes('family-assistant'));
    expect(own).toHaveLength(5);
    for (const { security_opt: options } of own)
      expect(options).toEqual(['no-new-privileges:true', 'seccomp=docker/seccomp.json']);
  });
});
