import type { Alert, AlertSource, Annotations, Labels, Severity } from './alert.js';
import type { RuleState } from './rule-state.js';

/** Something that is wrong now, or may be soon, as it is shown. */
export interface CurrentAlert {
  readonly state: 'firing' | 'pending' | 'no_data' | 'error';
  readonly source: AlertSource;
  readonly rule: string;
  readonly severity: Severity;
  readonly fingerprint?: string;
  readonly labels: Labels;
  readonly annotations?: Annotations;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly silencedBy?: string | undefined;
  readonly isInhibited: boolean;
}

/** Why people are not told of an alert, as delivery finds it. */
export interface Muting {
  silencedBy(alert: Alert): string | undefined;
  isInhibited(rule: string): boolean;
}

const STATES = ['firing', 'error', 'no_data', 'pending'];
const SEVERITY = ['critical', 'warning', 'info'];

/** What fires, and rules that are on the way to it or cannot tell: the worst first. */
export function overviewOf(
  firing: readonly Alert[],
  rules: readonly RuleState[],
  muting: Muting,
): readonly CurrentAlert[] {
  const told = firing.map((alert): CurrentAlert => {
    const { source, rule, severity, fingerprint, labels, annotations, startsAt } = alert;
    const muted = { silencedBy: muting.silencedBy(alert), isInhibited: muting.isInhibited(rule) };
    return { state: 'firing', source, rule, severity, fingerprint, labels, annotations, since: startsAt, ...muted };
  });
  return [...told, ...rules.flatMap(statesOf)].sort(
    (one, other) =>
      STATES.indexOf(one.state) - STATES.indexOf(other.state) ||
      SEVERITY.indexOf(one.severity) - SEVERITY.indexOf(other.severity) ||
      (other.since ?? 0) - (one.since ?? 0) ||
      (one.rule < other.rule ? -1 : 1),
  );
}

function statesOf({ rule, severity, state, instances }: RuleState): readonly CurrentAlert[] {
  const base = { source: 'rules', rule, severity, isInhibited: false } as const;
  if (state === 'no_data' || state === 'error') return [{ ...base, state, labels: {} }];
  return instances.flatMap(({ state: own, labels, activeAt }) =>
    own === 'pending' ? [{ ...base, state: own, labels, since: activeAt }] : [],
  );
}
