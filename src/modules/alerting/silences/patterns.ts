import { RE2JS } from 're2js';
import { isMatcher, type Matcher } from '../delivery/index.js';

/**
 * Whether a matcher fits a label that is missing. A silence of such matchers alone would be one of everything, which
 * Alertmanager refuses as well.
 */
export function fitsNothing(matcher: Matcher): boolean {
  const { operator, value } = matcher;
  if (operator === '=') return value === '';
  if (operator === '!=') return value !== '';
  return isMatcher(matcher) && RE2JS.matches(value, '') === (operator === '=~');
}
