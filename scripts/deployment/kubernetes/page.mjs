/** The commands of docs/operations/KUBERNETES.md, run as they stand there. */
import { readFileSync } from 'node:fs';
import { must, run } from './cluster.mjs';

const PAGE = 'docs/operations/KUBERNETES.md';

/**
 * The page, run in a folder.
 * @param {string} folder where `values.yaml` and `helm` are, as the page has them
 */
export function pageIn(folder) {
  const text = readFileSync(PAGE, 'utf8');

  /** Blocks of a language below a heading. @returns {string[]} */
  const blocksOf = (heading, language) => {
    const [, section] = text.split(`\n## ${heading}\n`);
    if (section === undefined) throw new Error(`${PAGE} has no heading "${heading}"`);
    return Array.from(
      section.split('\n## ')[0].matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm')),
      ([, block]) => block,
    );
  };
  const commands = (heading, index) => {
    const block = blocksOf(heading, 'sh')[index];
    if (block === undefined) throw new Error(`${PAGE}: "${heading}" has no block ${index + 1} of commands`);
    return block;
  };
  /** The function of the page that runs a command of the tools. */
  const tools = commands('Upgrade', 1).split('\n}\n')[0] + '\n}\n';

  return {
    /** The values below a heading. */
    values: (heading) => blocksOf(heading, 'yaml')[0],
    /**
     * Runs a block of commands, each of which has to succeed.
     * @param {string} heading
     * @param {number} index of the block below it
     * @param {(commands: string) => string} change what the page can only give an example of
     * @returns {string} what was printed
     */
    run: (heading, index, change = (block) => block) =>
      must('bash', ['-euo', 'pipefail', '-c', `${tools}\n${change(commands(heading, index))}`], { cwd: folder }),
    /** Runs a command that the page has within a sentence. */
    runSentence: (command) => {
      if (!text.includes(`\`${command}\``)) throw new Error(`${PAGE} does not say ${command}`);
      return must('bash', ['-euc', `${command} --namespace family`], { cwd: folder });
    },
    runTools: (...args) =>
      run('bash', ['-euo', 'pipefail', '-c', `${tools}\ntools ${args.join(' ')}`], { cwd: folder }),
  };
}
