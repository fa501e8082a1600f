import { parsePromql } from '../../rules/promql/parse.js';
import type { AlertingRule, Rule } from '../../rules/rule-file.js';
import type { RuleState, RuleStateName } from '../../rule-state.js';
import type { AlertMachine } from './alert-machine.js';

/** The alert that says that a rule cannot be evaluated. It is made by the evaluator, not by a rule file. */
export const FAILED_ALERT = 'RuleEvaluationFailed';

/** The rule behind it; its expression is never evaluated. */
export const evaluationFailed = (): AlertingRule => ({
  kind: 'alert',
  name: FAILED_ALERT,
  text: 'vector(0)',
  expression: parsePromql('vector(0)'),
  severity: 'warning',
  for: 0,
  keepFiringFor: 0,
  labels: { severity: 'warning' },
  annotations: {
    summary: 'The rule {{ $labels.rule }} cannot be evaluated, so it cannot fire',
    runbook: FAILED_ALERT,
  },
  noData: 'ok',
  inhibitedBy: [],
});

interface Evaluated {
  readonly rule: Rule;
  readonly group: string;
  readonly evaluatedAt: number | undefined;
  readonly error: string | undefined;
}

/** What a rule says, of all machines that belong to it. */
export function stateOf(
  { rule, group, evaluatedAt, error }: Evaluated,
  machines: readonly (AlertMachine | undefined)[],
  isMissing: boolean,
): RuleState {
  const instances = machines.flatMap((machine) =>
    (machine?.active ?? []).flatMap(({ labels, state, activeAt, value }) =>
      state === 'resolved' ? [] : [{ labels, state, activeAt, value }],
    ),
  );
  const has = (wanted: string): boolean => instances.some(({ state }) => state === wanted);
  const state: RuleStateName =
    error !== undefined
      ? 'error'
      : has('firing')
        ? 'firing'
        : isMissing
          ? 'no_data'
          : has('pending')
            ? 'pending'
            : 'inactive';
  return {
    rule: rule.name,
    group,
    severity: rule.kind === 'alert' ? rule.severity : 'warning',
    state,
    instances,
    evaluatedAt,
    ...(error === undefined ? {} : { error }),
  };
}
