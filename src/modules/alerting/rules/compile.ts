import { stringify } from 'yaml';
import { expand } from './expand.js';
import { formatDuration } from './promql/literals.js';
import { alertingRulesOf, type Rule, type RuleSet } from './rule-file.js';

const OPTIONS = { lineWidth: 0 };

/** A rule file of Prometheus that says the same. What Prometheus does not know is a rule of its own (`no_data`), or left to Alertmanager. */
export function compileForPrometheus(set: RuleSet): string {
  const groups = expand(set).groups.map(({ name, interval, rules }) => ({
    name,
    ...(interval === undefined ? {} : { interval: formatDuration(interval) }),
    rules: rules.map(ruleOf),
  }));
  return stringify({ groups }, OPTIONS);
}

function ruleOf(rule: Rule): object {
  const labels = Object.keys(rule.labels).length > 0 ? { labels: rule.labels } : {};
  if (rule.kind === 'record') return { record: rule.name, expr: rule.text, ...labels };
  return {
    alert: rule.name,
    expr: rule.text,
    ...(rule.for > 0 ? { for: formatDuration(rule.for) } : {}),
    ...(rule.keepFiringFor > 0 ? { keep_firing_for: formatDuration(rule.keepFiringFor) } : {}),
    ...labels,
    annotations: rule.annotations,
  };
}

/**
 * What an Alertmanager's configuration needs so that `inhibited_by` holds there: its `inhibit_rules`. Rules that are
 * inhibited by the same one share an entry.
 */
export function compileForAlertmanager(set: RuleSet): string {
  const targets = new Map<string, string[]>();
  for (const { name, inhibitedBy } of alertingRulesOf(set))
    for (const source of inhibitedBy) targets.set(source, [...(targets.get(source) ?? []), name]);
  const inhibit_rules = [...targets].map(([source, names]) => ({
    source_matchers: [`alertname="${source}"`],
    target_matchers: [`alertname=~"${names.join('|')}"`],
  }));
  return stringify({ inhibit_rules }, OPTIONS);
}
