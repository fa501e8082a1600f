import type { Alert } from '../../../src/modules/alerting/alert.js';
import { RuleEngine } from '../../../src/modules/alerting/evaluation/engine/rule-engine.js';
import { SeriesStore } from '../../../src/modules/alerting/evaluation/series/series-store.js';
import { expand } from '../../../src/modules/alerting/rules/expand.js';
import { needsOf } from '../../../src/modules/alerting/rules/promql/selectors.js';
import { rulesOf, type RuleSet } from '../../../src/modules/alerting/rules/rule-file.js';
import type { World } from './promtool.js';

const BOUNDS = { series: 10_000, bytes: 2 ** 28 };

/** A selector's need as the states of alerts are asked for. */
export const ALERTS = parseNeeds();

function parseNeeds() {
  return [{ name: 'ALERTS', matchers: [], since: 3_600_000, range: undefined, offset: 0 }];
}

/** An engine on a store of its own, which also keeps the states of alerts as series. */
export function newEngine(set: RuleSet, tick: number): { engine: RuleEngine; store: SeriesStore } {
  const needs = [...rulesOf(expand(set)).flatMap(({ expression }) => needsOf(expression))];
  const store = new SeriesStore([...needs, ...ALERTS], BOUNDS);
  return { store, engine: new RuleEngine(set, store, tick, {}) };
}

/** Every group at every step, as promtool does it. */
export const atEachStep = ({ groups }: RuleSet): RuleSet => ({
  groups: groups.map((group) => ({ ...group, interval: undefined })),
});

/** What the rules say of given series, step by step. @param look is called after each step, with seconds since the beginning */
export function replay(
  set: RuleSet,
  { series, step }: World,
  look: (at: number, engine: RuleEngine, told: readonly Alert[]) => void,
): void {
  const { engine, store } = newEngine(set, step * 1000);
  const steps = Math.max(...series.map(({ points }) => points.length));
  for (let at = 0; at < steps; at += 1) {
    const time = at * step * 1000;
    for (const { labels, points } of series) {
      const point = points[at] ?? 'gap';
      if (point === 'end') store.find(labels)?.finish(time);
      else if (point !== 'gap') store.add(time, { labels, value: point });
    }
    engine.run(time);
    const { alerts, told } = engine.due(time);
    told();
    look(at * step, engine, alerts);
  }
}
