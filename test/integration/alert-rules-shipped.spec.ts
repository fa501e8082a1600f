import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { compileForPrometheus } from '../../src/modules/alerting/rules/compile.js';
import { expand } from '../../src/modules/alerting/rules/expand.js';
import { needsOf } from '../../src/modules/alerting/rules/promql/selectors.js';
import { loadRules } from '../../src/modules/alerting/rules/rule-files.js';
import { alertingRulesOf, type RuleSet } from '../../src/modules/alerting/rules/rule-file.js';
import { AlertingRulesConfig } from '../../src/platform/config/index.js';
import { askPromtool, findPromtool, textOf } from '../support/alerting/promtool.js';
import { atEachStep, replay } from '../support/alerting/replay.js';
import { SCENARIOS, type Scenario } from '../support/alerting/scenarios.js';

// The first run downloads Prometheus.
jest.setTimeout(900_000);

/** Of long scenarios promtool is asked at every n-th step. */
const MOST_QUESTIONS = 150;

interface Timeline {
  /** Steps at which the rule fires. */
  readonly firing: readonly number[];
  readonly states: ReadonlyMap<number, ReadonlySet<string>>;
  readonly told: readonly { readonly status: string; readonly at: number }[];
}

describe('the shipped rules', () => {
  let rules: RuleSet;
  let promtool: string | undefined;

  beforeAll(async () => {
    rules = await loadRules(new AlertingRulesConfig());
    promtool = findPromtool();
    if (promtool === undefined) process.stderr.write('promtool cannot be fetched here: not compared with it\n');
  });

  const known = new Map<Scenario, Timeline>();

  function timelineOf(scenario: Scenario): Timeline {
    const timeline = known.get(scenario) ?? newTimeline(scenario);
    known.set(scenario, timeline);
    return timeline;
  }

  function newTimeline({ rule, series, step }: Scenario): Timeline {
    const firing: number[] = [];
    const told: { status: string; at: number }[] = [];
    const states = new Map<number, Set<string>>();
    replay(atEachStep(rules), { series, step }, (at, engine, alerts) => {
      const all = engine.states().flatMap(({ instances }) => instances);
      states.set(
        at,
        new Set(all.map(({ labels, state }) => textOf({ ...labels, __name__: 'ALERTS', alertstate: state }))),
      );
      const own = all.filter(({ labels, state }) => labels['alertname'] === rule && state === 'firing');
      if (own.length > 0) firing.push(at / step);
      told.push(...alerts.filter((alert) => alert.rule === rule).map(({ status }) => ({ status, at: at / step })));
    });
    return { firing, states, told };
  }

  it('each have a scenario', () => {
    const named = new Set(SCENARIOS.map(({ rule }) => rule));
    expect(alertingRulesOf(rules).filter(({ name }) => !named.has(name))).toEqual([]);
  });

  it('do not take alerting for broken that was just set up: before its first test no channel is proved', () => {
    const rule = alertingRulesOf(rules).find(({ name }) => name === 'ComponentDown');
    const matchers = rule ? needsOf(rule.expression).flatMap((need) => need.matchers) : [];
    const isWatched = (component: string): boolean =>
      matchers.filter(({ name }) => name === 'component').every(({ fits }) => fits(component));
    expect(['embedding', 'alerting', 'alert_delivery'].map(isWatched)).toEqual([true, false, false]);
  });

  it('each have a runbook, and each heading of the runbooks a rule', () => {
    const text = readFileSync('docs/RUNBOOKS.md', 'utf8');
    const headings = new Set(Array.from(text.matchAll(/^### (\w+)$/gm), ([, heading = '']) => heading));
    const runbooks = new Set(alertingRulesOf(expand(rules)).map(({ annotations }) => annotations['runbook'] ?? ''));
    runbooks.add('RuleEvaluationFailed');
    expect([...runbooks].filter((runbook) => !headings.has(runbook))).toEqual([]);
  });

  it.each(SCENARIOS)('$rule fires when it is wrong, and is over when it is well', (scenario) => {
    const { firing, told } = timelineOf(scenario);
    const [first = NaN] = firing;
    expect(first).toBeGreaterThanOrEqual(scenario.from);
    expect(first).toBeLessThan(scenario.to);
    expect(firing.at(-1)).toBeLessThan(scenario.steps - 1);
    expect(told.at(0)).toEqual({ status: 'firing', at: first });
    expect(told.at(-1)?.status).toBe('resolved');
  });

  it('of critical ones without waiting are seen at the first sample, and told within 30 s', () => {
    const waiting = new Set(
      alertingRulesOf(rules)
        .filter((rule) => rule.severity !== 'critical' || rule.for > 0)
        .map(({ name }) => name),
    );
    const late = SCENARIOS.filter(({ rule, step }) => step === 15 && !waiting.has(rule)).flatMap((scenario) => {
      const { firing } = timelineOf(scenario);
      return (firing[0] ?? Infinity) - scenario.from > 1 ? [{ rule: scenario.rule, first: firing[0] }] : [];
    });
    expect(late).toEqual([]);
  });

  it.each(SCENARIOS)('$rule: all rules say what Prometheus says, at each step', (scenario) => {
    if (promtool === undefined) return;
    const { states } = timelineOf(scenario);
    const { series, step, steps } = scenario;
    const every = Math.max(1, Math.ceil(steps / MOST_QUESTIONS));
    const times = Array.from({ length: Math.ceil(steps / every) }, (_, at) => at * every * step);
    const compiled = {
      text: compileForPrometheus(rules),
      groups: expand(rules).groups.map(({ name }) => name),
    };
    const questions = times.map((at) => ({ expression: 'ALERTS', at }));
    const answers = askPromtool(promtool, { series, step, rules: compiled }, questions);
    const wrong = questions.flatMap(({ at }, index) => {
      const answer = answers[index];
      const theirs = answer && 'vector' in answer ? [...answer.vector.keys()].sort() : [answer];
      const ours = [...(states.get(at) ?? [])].sort();
      return JSON.stringify(theirs) === JSON.stringify(ours) ? [] : [{ at, ours, theirs }];
    });
    expect(wrong.slice(0, 3)).toEqual([]);
  });
});
