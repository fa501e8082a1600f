import { RE2JS } from 're2js';
import type { Alert } from '../alert.js';
import type { Matcher, Silence } from './ports.js';

/** Longest pattern, in characters: RE2 takes time in proportion to it. */
export const LONGEST_PATTERN = 1000;

/**
 * Longest program of a pattern, in instructions. Ordinary ones have about as many as letters; `((a?){30}){33}` has thousands,
 * and each letter that is compared goes through all of them.
 */
const LONGEST_PROGRAM = 600;

const compiled = new WeakMap<Matcher, (alert: Alert) => boolean>();

/**
 * Whether a matcher can be used: `=~` and `!~` take the syntax of RE2 (https://github.com/google/re2/wiki/Syntax), which
 * takes linear time whatever the text is; those that repeat so much that this is long as well are refused.
 */
export function isMatcher({ operator, value }: Matcher): boolean {
  if (operator === '=' || operator === '!=') return true;
  if (value.length > LONGEST_PATTERN) return false;
  try {
    return RE2JS.compile(value).programSize() <= LONGEST_PROGRAM;
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
  return test(alert);
}

/** `alertname` and `severity` are labels, whether the source wrote them or not. */
function labelOf({ labels, rule, severity }: Alert, name: string): string {
  if (name === 'alertname') return rule;
  if (name === 'severity') return severity;
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
}

function testOf(matcher: Matcher): (alert: Alert) => boolean {
  const { name, operator, value: wanted } = matcher;
  if (operator === '=') return (alert) => labelOf(alert, name) === wanted;
  if (operator === '!=') return (alert) => labelOf(alert, name) !== wanted;
  if (!isMatcher(matcher)) return () => false;
  const pattern = RE2JS.compile(wanted);
  const isWanted = operator === '=~';
  // Every alert is looked at every second, and does not change.
  const known = new WeakMap<Alert, boolean>();
  return (alert) => {
    let fitting = known.get(alert);
    if (fitting === undefined) {
      fitting = pattern.matches(labelOf(alert, name)) === isWanted;
      known.set(alert, fitting);
    }
    return fitting;
  };
}
