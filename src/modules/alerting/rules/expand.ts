import type { SelectorNode } from './promql/ast.js';
import { formatDuration } from './promql/literals.js';
import { parsePromql } from './promql/parse.js';
import { needsOf, type Need } from './promql/selectors.js';
import { alertingRulesOf, type AlertingRule, type RuleGroup, type RuleSet } from './rule-file.js';

/** The alert that says that what a rule reads is not measured. */
export const NO_DATA_ALERT = 'RuleNoData';
/** The group of these alerts. */
export const NO_DATA_GROUP = 'no_data';
/** How long data may be missing before it is told: a restart, or a source that is slow once, is nothing to tell. */
const PATIENCE = 120_000;

/** A selector as PromQL writes it, so that Prometheus reads the same. */
const selectorText = ({ name, matchers }: Pick<SelectorNode, 'name' | 'matchers'>): string => {
  const others = matchers.filter((matcher) => matcher.name !== '__name__' || matcher.operator !== '=');
  const conditions = others.map((matcher) => `${matcher.name}${matcher.operator}${JSON.stringify(matcher.value)}`);
  return `${name ?? ''}${conditions.length > 0 ? `{${conditions.join(', ')}}` : ''}`;
};

const absentText = (need: Need): string => {
  const back = need.offset === 0 ? '' : ` offset ${formatDuration(need.offset)}`;
  const selector = selectorText(need);
  return need.range === undefined
    ? `absent(${selector}${back})`
    : `absent_over_time(${selector}[${formatDuration(need.range)}]${back})`;
};

/**
 * All rules that are evaluated: those that are written, and for each with `no_data: alert` one that fires while any of
 * the series it reads is missing. Prometheus and the evaluator here get the same ones.
 */
export function expand(set: RuleSet): RuleSet {
  const rules = alertingRulesOf(set)
    .filter(({ noData }) => noData === 'alert')
    .map(noDataRule);
  const added: RuleGroup[] = rules.length === 0 ? [] : [{ name: NO_DATA_GROUP, interval: undefined, rules }];
  return { groups: [...set.groups, ...added] };
}

function noDataRule(rule: AlertingRule): AlertingRule {
  const texts = [...new Set(needsOf(rule.expression).map(absentText))];
  // Each says 1; which of them is missing does not matter, and one alert is enough.
  const text = `max(${texts.join(' or ')})`;
  return {
    kind: 'alert',
    name: NO_DATA_ALERT,
    text,
    expression: parsePromql(text),
    severity: 'warning',
    for: PATIENCE,
    keepFiringFor: 0,
    labels: { severity: 'warning', rule: rule.name },
    annotations: {
      summary: `Nothing is measured for the alert ${rule.name}, so it cannot fire`,
      runbook: NO_DATA_ALERT,
    },
    noData: 'ok',
    inhibitedBy: rule.inhibitedBy,
    watches: rule.name,
  };
}
