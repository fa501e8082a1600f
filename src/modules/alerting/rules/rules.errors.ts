/** One mistake in a rule file. */
export interface RuleProblem {
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** Where in the file, as `groups[0].rules[2].expr`. */
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

const lineOf = ({ file, line, column, field, code, message }: RuleProblem): string =>
  `${file}:${String(line)}:${String(column)}: ${field === '' ? '' : `${field}: `}${message} (${code})`;

/** Every mistake of a rule file at once. */
export class RuleFileError extends Error {
  constructor(readonly problems: readonly RuleProblem[]) {
    super(problems.map(lineOf).join('\n'));
    this.name = 'RuleFileError';
  }
}
