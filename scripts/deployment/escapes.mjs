/** Proves that attempts to get out of a container fail by docker/seccomp.json, and that they would not fail without it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from './docker.mjs';
import { HARDENED } from './hardened.mjs';

const SOURCE = 'scripts/deployment/escapes.c';
/** How many attempts the profile has to stand at least, and how many must be answered otherwise without it. */
const FEWEST = 20;
/**
 * EPERM is the profile's. For clone3 it is ENOSYS, so that the C library turns to clone; for what is newer than anything in
 * the profile runc may say so, too. A call of another processor's list ends the process.
 */
const REFUSALS = { clone3_user: ['ENOSYS'], pidfd_getfd: ['EPERM', 'ENOSYS'], call_of_32_bits: ['killed'] };
const refusals = (attempt) => REFUSALS[attempt] ?? ['EPERM'];

/** @returns {Map<string, string>} attempt and answer */
function attempt(program, image, options) {
  const printed = must(
    ...['run', '--rm', '--tmpfs=/tmp', ...options, `--mount=type=bind,source=${program},target=/escapes,readonly`],
    ...['--entrypoint=/escapes', image],
  );
  return new Map(printed.split('\n').map((line) => line.split(' ')));
}

/**
 * @param {ReturnType<import('./checks.mjs').newChecks>['check']} check
 * @param {string} image
 */
export async function checkEscapes(check, image) {
  const folder = mkdtempSync(join(tmpdir(), 'family-assistant-escapes-'));
  const program = join(folder, 'escapes');
  try {
    const built = spawnSync('gcc', ['-static', '-O1', '-Wall', '-Wextra', '-Werror', '-o', program, SOURCE], {
      encoding: 'utf8',
    });
    if (built.status !== 0) throw new Error(`gcc: ${built.error?.message ?? built.stderr}`);
    const refused = attempt(program, image, HARDENED);
    for (const [name, answer] of refused)
      await check(`an escape is refused: ${name}`, () => refusals(name).includes(answer) && answer);
    await check(`of at least ${FEWEST} attempts`, () => refused.size >= FEWEST && `${refused.size}`);
    // Otherwise what is seen above would be the kernel's own refusal, and this test could not fail.
    await check(`without the profile at least ${FEWEST} are answered otherwise, to root`, () => {
      const free = attempt(program, image, ['--user=0', '--security-opt=seccomp=unconfined']);
      const other = [...free].filter(([name, answer]) => answer !== refused.get(name)).length;
      return other >= FEWEST && `${other} of ${free.size}`;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
