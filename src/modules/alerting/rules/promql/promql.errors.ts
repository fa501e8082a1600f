import type { Span } from './ast.js';

/** `syntax`: no PromQL; `unsupported`: PromQL that is not evaluated here; `type`: a value of the wrong kind; `value`: a number, duration or pattern that cannot be. */
export type PromqlCode = 'promql_syntax' | 'promql_unsupported' | 'promql_type' | 'promql_value';

/** What is wrong with an expression, and where. */
export class PromqlError extends Error {
  constructor(
    readonly code: PromqlCode,
    message: string,
    readonly span: Span,
  ) {
    super(message);
    this.name = 'PromqlError';
  }
}
