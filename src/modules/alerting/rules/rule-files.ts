import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AlertingRulesConfig } from '../../../platform/config/index.js';
import { readRules, type RuleText } from './read-rules.js';
import type { RuleSet } from './rule-file.js';
import { RuleFileError } from './rules.errors.js';

/** The rules that come with the server. */
export const SHIPPED_RULES = join(import.meta.dirname, 'rules.yaml');

/** @throws RuleFileError `rules_unreadable` */
export async function readRuleText(file: string): Promise<RuleText> {
  try {
    return { file, text: await readFile(file, 'utf8') };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const message = `the file cannot be read (${reason})`;
    throw new RuleFileError([{ file, line: 1, column: 1, field: '', code: 'rules_unreadable', message }]);
  }
}

/**
 * The shipped rules and the household's own, or only its own (ALERTS_RULES_SHIPPED).
 * @throws RuleFileError
 */
export async function loadRules({ rulesFile, shipped }: AlertingRulesConfig): Promise<RuleSet> {
  const files = [...(shipped ? [SHIPPED_RULES] : []), ...(rulesFile === undefined ? [] : [rulesFile])];
  return readRules(await Promise.all(files.map(readRuleText)));
}
