/**
 * Makes docker/seccomp.json of what was recorded: `node scripts/deployment/seccomp/profile.mjs FOLDER_OF_COUNTS`.
 * Prints what is refused on purpose and how many system calls the profile has; ends with 1 when there are too many.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import prettier from 'prettier';
import { allowed, COUNTERPARTS, INSTEAD, LIMITED, LIMITS, START, UNKNOWN, WITHOUT } from './rules.mjs';

const MOST = 90;
const X86_ALONE = [...Object.keys(COUNTERPARTS), 'arch_prctl'];
const FILE = 'docker/seccomp.json';
const ENOSYS = 38;
const folder = process.argv[2] ?? '';

/** The last column of `strace -c`; the first has a share of the time. */
const namesIn = (text) => [...text.matchAll(/^ *[\d.]+ .*? (\w+)$/gm)].map(([, name]) => name);

const recorded = new Set(
  readdirSync(folder).flatMap((file) =>
    namesIn(readFileSync(join(folder, file), 'utf8')).filter((name) => name !== 'total'),
  ),
);
const refused = [...recorded].filter((name) => name in WITHOUT);
const plain = [...recorded].filter((name) => !(name in WITHOUT) && !LIMITED.includes(name)).sort();
const added = (names) => [...new Set(names)].filter((name) => !recorded.has(name)).sort();
const counterparts = added(plain.flatMap((name) => COUNTERPARTS[name] ?? []));
const start = added(START).filter((name) => !counterparts.includes(name));

const profile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
  syscalls: [
    allowed('Recorded over the end-to-end suite, the tools of PostgreSQL and the health check', plain),
    // Of engines Docker alone reads for which processor; to others it is allowed on both.
    { ...allowed('What the C library of aarch64 calls instead', counterparts), includes: { arches: ['arm64'] } },
    allowed(
      'What strace does not count, and what runc calls between putting the profile in force and the program',
      start,
    ),
    allowed('Copies of files', added(INSTEAD)),
    ...LIMITS,
    {
      comment: 'As by a kernel that has them not: callers turn to clone, whose flags a filter sees, and to sendfile',
      names: UNKNOWN,
      action: 'SCMP_ACT_ERRNO',
      errnoRet: ENOSYS,
    },
  ].filter(({ names: some }) => some.length > 0),
};
writeFileSync(
  FILE,
  await prettier.format(JSON.stringify(profile), { ...(await prettier.resolveConfig(FILE)), parser: 'json' }),
);

const allowedOn = (processor) =>
  new Set(
    profile.syscalls
      .filter(
        ({ action, includes }) => action === 'SCMP_ACT_ALLOW' && (includes?.arches ?? [processor]).includes(processor),
      )
      .flatMap(({ names: some }) => some)
      .filter((name) => processor !== 'arm64' || !X86_ALONE.includes(name)),
  ).size;
for (const name of refused) console.log(`refused  ${name}: ${WITHOUT[name]}`);
const sizes = ['amd64', 'arm64'].map(allowedOn);
console.log(`${FILE} allows ${sizes.join(' system calls on x86_64 and ')} on aarch64, of ${recorded.size} recorded`);
process.exitCode = Math.max(...sizes) > MOST ? 1 : 0;
