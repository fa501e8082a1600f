import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Cause, CauseWorld } from '../../../support/alerting/cause-world.js';
import { TemporaryDisk } from '../../../support/alerting/temporary-disk.js';

const MIB = 2 ** 20;
/** Of the disk, in MiB: room for an embedded database and its log. */
const DISK = 512;
/** How long the process stands still at a time, and goes on, in milliseconds: longer than the rule bears. */
const STILL = 900;
const AWAKE = 150;

/** A certificate that ends in so many days. */
async function certificate(world: CauseWorld, days: number): Promise<string> {
  const [file, key] = [join(world.folder, 'server.crt'), join(world.folder, 'server.key')];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost'];
  await promisify(execFile)('openssl', [...args, '-days', String(days), '-keyout', key, '-out', file]);
  return file;
}

/** What the server stands on. */
export const PART_CAUSES: readonly Cause[] = [
  {
    name: 'PostgreSQL is stopped',
    rules: ['DatabaseDown', 'BackendDown'],
    needs: 'servers',
    prove: async (world) => {
      await world.start();
      await world.control('pg-stop');
      try {
        await world.fire('DatabaseDown', 'BackendDown');
      } finally {
        await world.control('pg-start');
      }
      await world.end('DatabaseDown', 'BackendDown');
    },
  },
  {
    name: 'Redis is stopped',
    rules: ['RedisDown'],
    needs: 'servers',
    prove: async (world) => {
      await world.start();
      await world.control('redis-stop');
      try {
        await world.fire('RedisDown');
      } finally {
        await world.control('redis-start');
      }
      await world.end('RedisDown');
    },
  },
  {
    name: 'the disk of the data fills up',
    rules: ['DiskLow', 'DiskFull'],
    needs: 'mount',
    prove: async (world) => {
      const disk = await TemporaryDisk.mount(join(world.folder, 'disk'), DISK * MIB);
      try {
        // The embedded database, whatever the suite runs on: its folder is the disk that is watched.
        const env = { DATA_DIR: disk.path, DATABASE_URL: '', DATABASE_OWNER_URL: '', BACKUP_DATABASE_URL: '' };
        await world.start({ ...env, HEALTH_DISK_MINIMUM: '16' });
        await disk.fill(DISK * MIB * 0.07);
        await world.fire('DiskLow');
        await disk.fill(8 * MIB);
        await world.fire('DiskFull');
        await disk.empty();
        await world.end('DiskLow', 'DiskFull');
        await world.server.kill();
      } finally {
        await disk.unmount();
      }
    },
  },
  {
    name: 'password hashes take more memory than the process may have',
    rules: ['MemoryHigh'],
    prove: async (world) => {
      const server = await world.start({ ARGON2_MEMORY: '1048576', HEALTH_MEMORY_MAXIMUM: '1000' });
      const body = { email: 'nobody@example.org', password: 'not-the-password-of-anybody' };
      await world.repeat(
        () => Promise.all([1, 2].map(() => server.call('POST', '/auth/login', { body }))),
        'MemoryHigh',
      );
      await world.end('MemoryHigh');
    },
  },
  {
    name: 'the machine gives the process no time',
    rules: ['EventLoopLag'],
    prove: async (world) => {
      const server = await world.start();
      const stumble = async (): Promise<void> => {
        server.signal('SIGSTOP');
        await pause(STILL);
        server.signal('SIGCONT');
        await pause(AWAKE);
      };
      await world.repeat(stumble, 'EventLoopLag');
      await world.end('EventLoopLag');
    },
  },
  {
    name: 'a certificate ends soon, and then very soon, and is renewed',
    rules: ['CertificateExpires', 'CertificateExpiresSoon'],
    needs: 'openssl',
    prove: async (world) => {
      const file = await certificate(world, 10);
      await world.start({ ALERTS_CERTIFICATES: file });
      await world.fire('CertificateExpires');
      await certificate(world, 1);
      // Certificates are read every hour, and at the start.
      await world.start({ ALERTS_CERTIFICATES: file });
      await world.fire('CertificateExpiresSoon');
      await certificate(world, 90);
      await world.start({ ALERTS_CERTIFICATES: file });
      await world.end('CertificateExpires', 'CertificateExpiresSoon');
    },
  },
  {
    name: 'a certificate is replaced by something that is none',
    rules: ['CertificateUnreadable'],
    needs: 'openssl',
    prove: async (world) => {
      const file = join(world.folder, 'server.crt');
      await writeFile(file, 'no certificate');
      await world.start({ ALERTS_CERTIFICATES: file });
      await world.fire('CertificateUnreadable');
      await certificate(world, 90);
      await world.start({ ALERTS_CERTIFICATES: file });
      await world.end('CertificateUnreadable');
    },
  },
  {
    name: 'the disk of the journal of alerts is full',
    rules: ['AlertJournalDown'],
    needs: 'mount',
    prove: async (world) => {
      const folder = join(world.setting('DATA_DIR'), 'alerting');
      await mkdir(folder, { recursive: true });
      const disk = await TemporaryDisk.mount(folder, 4 * MIB);
      try {
        await world.start();
        await disk.fill(0);
        // The page that the journal has may have room for a little more.
        const { token } = await world.moveIn();
        const write = (): Promise<unknown> => world.server.call('POST', '/alerts/test', { token });
        await world.repeat(write, 'AlertJournalDown');
        await disk.empty();
        await world.end('AlertJournalDown');
        await world.server.kill();
      } finally {
        await disk.unmount();
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
];
