import { RE2JS } from 're2js';
import type { Matcher } from '../delivery/index.js';

/** Whether a text is a pattern of RE2 (https://github.com/google/re2/wiki/Syntax), which is matched in linear time. */
export function isPattern(text: string): boolean {
  return compiled(text) !== undefined;
}

/**
 * Whether a matcher fits a label that is missing. A silence of such matchers alone would be one of everything, which
 * Alertmanager refuses as well.
 */
export function fitsNothing({ operator, value }: Matcher): boolean {
  switch (operator) {
    case '=':
      return value === '';
    case '!=':
      return value !== '';
    case '=~':
      return compiled(value)?.matches('') ?? false;
    case '!~':
      return !(compiled(value)?.matches('') ?? true);
  }
}

function compiled(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}
