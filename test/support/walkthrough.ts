import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Fewer blocks than these are not a walk: their marks have been lost. */
const LEAST = 8;

/**
 * Does what a document says, in one shell.
 * @param base address of an empty server
 * @returns the steps that printed something else than is shown
 */
export async function unlikeShown(markdown: string, base: string): Promise<(Step & { readonly printed: string })[]> {
  const steps = sessionOf(markdown);
  if (steps.length < LEAST) throw new Error(`only ${String(steps.length)} blocks are marked to be run`);
  const printed = await runInBash(
    steps.map(({ commands }) => commands),
    base,
  );
  return steps
    .map((step, at) => ({ ...step, printed: printed[at] ?? '' }))
    .filter((step) => !looksLike(step.shown).test(step.printed));
}

interface Step {
  readonly commands: string;
  /** What the document shows below the commands; `…` stands for anything. */
  readonly shown: string;
}

/** The blocks marked `<!-- run -->`, each with the output that is shown after it. */
function sessionOf(markdown: string): Step[] {
  const blocks = markdown.matchAll(/<!-- run -->\s+```bash\n([^]*?)\n```(?:\s+```text\n([^]*?)\n```)?/g);
  return Array.from(blocks, ([, commands = '', shown = '']) => ({ commands, shown }));
}

const END_OF_STEP = '=== end of step ===';

/** Runs the steps in one shell, which stops at the first failure; gives what each has printed. */
async function runInBash(steps: readonly string[], base: string): Promise<string[]> {
  const script = ['set -euo pipefail', ...steps.flatMap((commands) => [commands, `echo '${END_OF_STEP}'`])].join('\n');
  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    env: { PATH: process.env['PATH'], BASE: base, NO_PROXY: '*' },
  });
  return stdout.split(END_OF_STEP).map((output) => output.trim());
}

function looksLike(shown: string): RegExp {
  const parts = shown.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
