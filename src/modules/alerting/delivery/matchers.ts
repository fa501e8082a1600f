import { RE2JS } from 're2js';
import type { Alert } from '../alert.js';
import type { Matcher, Silence } from './ports.js';

/** Longest pattern, in characters: RE2 takes time in proportion to it. */
export const LONGEST_PATTERN = 1000;

const compiled = new WeakMap<Matcher, (value: string) => boolean>();

/**
 * Whether a matcher can be used: `=~` and `!~` take the syntax of RE2 (https://github.com/google/re2/wiki/Syntax), which
 * takes linear time whatever the text is.
 */
export function isMatcher({ operator, value }: Matcher): boolean {
  if (operator === '=' || operator === '!=') return true;
  if (value.length > LONGEST_PATTERN) return false;
  try {
    RE2JS.compile(value);
    return true;
  } catch {
    return false;
  }
}

/** The silence that an alert falls under, if any; one with a matcher that cannot be used silences nothing. */
export function silenceOf(alert: Alert, silences: readonly Silence[], wall: number): Silence | undefined {
  return silences.find(
    ({ startsAt, endsAt, matchers }) =>
      startsAt <= wall && wall < endsAt && matchers.length > 0 && matchers.every((matcher) => fits(matcher, alert)),
  );
}

function fits(matcher: Matcher, alert: Alert): boolean {
  let test = compiled.get(matcher);
  if (!test) {
    test = testOf(matcher);
    compiled.set(matcher, test);
  }
  return test(labelOf(alert, matcher.name));
}

/** `alertname` and `severity` are labels, whether the source wrote them or not. */
function labelOf({ labels, rule, severity }: Alert, name: string): string {
  if (name === 'alertname') return rule;
  if (name === 'severity') return severity;
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
}

function testOf(matcher: Matcher): (value: string) => boolean {
  const { operator, value: wanted } = matcher;
  if (operator === '=') return (value) => value === wanted;
  if (operator === '!=') return (value) => value !== wanted;
  if (!isMatcher(matcher)) return () => false;
  const pattern = RE2JS.compile(wanted);
  const isWanted = operator === '=~';
  return (value) => pattern.matches(value) === isWanted;
}
