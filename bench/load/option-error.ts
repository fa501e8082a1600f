/** An option that cannot be used. `field` is the option with its dashes. */
export class OptionError extends Error {
  constructor(
    readonly code: 'unknown_option' | 'invalid_option' | 'missing_option' | 'conflicting_options',
    readonly field: string,
    detail: string,
  ) {
    super(`${code} (${field}): ${detail}`);
  }
}
