import type { Alert, Labels } from '../../alert.js';
import { expand, NO_DATA_ALERT } from '../../rules/expand.js';
import type { AlertingRule, RecordingRule, Rule, RuleSet } from '../../rules/rule-file.js';
import type { RuleState } from '../../rule-state.js';
import { evaluate } from '../promql/evaluate.js';
import { keyOf, labelsOf, NAME } from '../promql/labels.js';
import { EvaluationError, type Vector } from '../promql/values.js';
import type { SeriesStore } from '../series/series-store.js';
import { AlertMachine, type Instance } from './alert-machine.js';
import { evaluationFailed, FAILED_ALERT, stateOf } from './rule-states.js';

/** Everything that must outlive the process, but the series. */
export interface SavedInstance extends Instance {
  readonly rule: string;
  /** The rule whose data are missing, of `RuleNoData`. */
  readonly watches?: string;
}

interface Runner {
  readonly rule: Rule;
  readonly group: string;
  /** Of a rule that alerts. */
  readonly machine: AlertMachine | undefined;
  /** The series that it wrote last, so that those it writes no more end. */
  written: Map<string, Labels>;
  evaluatedAt: number | undefined;
  error: string | undefined;
}

interface Group {
  readonly interval: number;
  readonly runners: readonly Runner[];
  evaluatedAt: number | undefined;
}

/** Of the name under which the states of alerts are series themselves. */
export const ALERTS_SERIES = 'ALERTS';

/** All rules on the series of a store. It knows no clock: whoever calls it says what time it is. */
export class RuleEngine {
  private readonly groups: readonly Group[];
  private readonly failures: AlertMachine;
  /** Machines of rules that are not in the files any more, until their ends are told. */
  private readonly orphans: AlertMachine[] = [];

  /**
   * @param tick milliseconds between two evaluations where a group says nothing
   * @param identity labels that tell this process from others
   */
  constructor(
    set: RuleSet,
    private readonly store: SeriesStore,
    private readonly tick: number,
    private readonly identity: Labels,
  ) {
    this.groups = expand(set).groups.map(({ name, interval, rules }) => ({
      interval: interval ?? tick,
      evaluatedAt: undefined,
      runners: rules.map((rule) => ({
        rule,
        group: name,
        machine: rule.kind === 'alert' ? new AlertMachine(rule, identity) : undefined,
        written: new Map<string, Labels>(),
        evaluatedAt: undefined,
        error: undefined,
      })),
    }));
    this.failures = new AlertMachine(evaluationFailed(), identity);
  }

  private get runners(): Runner[] {
    return this.groups.flatMap(({ runners }) => runners);
  }

  private get machines(): AlertMachine[] {
    return [...this.runners.flatMap(({ machine }) => machine ?? []), this.failures, ...this.orphans];
  }

  /** Evaluates the groups that are due. @returns how many rules failed */
  run(at: number): number {
    let failed = 0;
    for (const group of this.groups) {
      if (!this.isDue(group, at)) continue;
      group.evaluatedAt = at;
      for (const runner of group.runners) if (!this.runRule(runner, at)) failed += 1;
    }
    const broken = new Set(this.runners.filter(({ error }) => error !== undefined).map(({ rule }) => rule.name));
    this.failures.step(
      [...broken].map((rule) => ({ labels: { rule }, value: 1 })),
      at,
    );
    return failed;
  }

  /** What is to be told; `told` is called once that is done. */
  due(at: number): { alerts: Alert[]; told: () => void } {
    const all = this.machines.flatMap((machine) => machine.due(at));
    const told = (): void => {
      for (const each of all) each.told();
    };
    return { alerts: all.map(({ alert }) => alert), told };
  }

  states(): RuleState[] {
    const missing = new Set(
      this.runners.flatMap(({ rule, machine }) =>
        rule.kind === 'alert' && rule.watches !== undefined && machine?.active.some(({ state }) => state === 'firing')
          ? [rule.watches]
          : [],
      ),
    );
    const own = this.runners.filter(({ rule }) => rule.kind === 'alert' && rule.watches === undefined);
    const made = this.runners.filter(({ rule }) => rule.kind === 'alert' && rule.watches !== undefined);
    const all = own.map((runner) => stateOf(runner, [runner.machine], missing.has(runner.rule.name)));
    const [first] = made;
    if (first)
      all.push(
        stateOf(
          first,
          made.map(({ machine }) => machine),
          false,
        ),
      );
    const failed = { rule: this.failures.rule, group: FAILED_ALERT, evaluatedAt: undefined, error: undefined };
    return [...all, stateOf(failed, [this.failures], false)];
  }

  save(): SavedInstance[] {
    return this.machines.flatMap(({ rule, all }) =>
      all.map((instance) => ({ ...instance, rule: rule.name, ...(rule.watches ? { watches: rule.watches } : {}) })),
    );
  }

  /**
   * Takes over what an earlier process saved. What belongs to no rule any more is over. The time between does not count
   * for what is pending: nobody knows what was then. Where the clock was set back meanwhile, all is moved with it.
   */
  restore(saved: readonly SavedInstance[], at: number, savedAt: number): void {
    if (at < savedAt) this.store.shift(at - savedAt);
    const moved = saved.map((instance) => ({
      ...instance,
      activeAt: instance.activeAt + at - savedAt,
      ceasedAt: instance.ceasedAt === undefined ? undefined : instance.ceasedAt + at - savedAt,
      // Told once more: whoever takes it knows it by its start.
      toldAt: undefined,
    }));
    const byRule = Map.groupBy(moved, ({ rule, watches = '' }) => `${rule} ${watches}`);
    for (const { rule, all, machine } of this.machines.map((each) => ({
      rule: each.rule,
      all: each.all,
      machine: each,
    }))) {
      const key = `${rule.name} ${rule.watches ?? ''}`;
      if (all.length === 0) machine.restore(byRule.get(key) ?? []);
      byRule.delete(key);
    }
    for (const instances of byRule.values()) {
      const machine = new AlertMachine(goneRule(instances[0]), this.identity);
      machine.restore(instances);
      machine.endAll(at);
      this.orphans.push(machine);
    }
    this.rememberWritten();
  }

  /** The clock was set. @param by milliseconds */
  shift(by: number): void {
    this.store.shift(by);
    for (const machine of this.machines) machine.shift(by);
    for (const group of this.groups) if (group.evaluatedAt !== undefined) group.evaluatedAt += by;
  }

  /** Half a tick of tolerance: timers are never on time. */
  private isDue({ interval, evaluatedAt }: Group, at: number): boolean {
    return evaluatedAt === undefined || at - evaluatedAt >= interval - this.tick / 2;
  }

  private runRule(runner: Runner, at: number): boolean {
    runner.evaluatedAt = at;
    try {
      const vector = evaluate(runner.rule.expression, this.store, at);
      if (runner.rule.kind === 'record') this.write(runner, recorded(runner.rule, vector), at);
      else if (runner.machine) {
        runner.machine.step(vector, at);
        this.write(runner, runner.machine.active.map(alertsSeries), at);
      }
      runner.error = undefined;
      return true;
    } catch (error) {
      // Of what is not about series the message may hold anything.
      runner.error = error instanceof EvaluationError ? error.message : 'the evaluation failed';
      return false;
    }
  }

  private write(runner: Runner, vector: Vector, at: number): void {
    const written = new Map(vector.map(({ labels }) => [keyOf(labels), labels]));
    for (const sample of vector) this.store.add(at, sample);
    for (const [key, labels] of runner.written) if (!written.has(key)) this.store.find(labels)?.finish(at);
    runner.written = written;
  }

  /** Series that an earlier process wrote end when they are written no more. */
  private rememberWritten(): void {
    for (const runner of this.runners) {
      const { rule, machine } = runner;
      const name = rule.kind === 'record' ? rule.name : ALERTS_SERIES;
      const isOwn = ({ labels }: { labels: Labels }): boolean =>
        labels[NAME] === name && (machine === undefined || labels['alertname'] === rule.name);
      runner.written = new Map(
        this.store
          .all()
          .filter(isOwn)
          .map(({ labels }) => [keyOf(labels), labels]),
      );
    }
  }
}

function recorded(rule: RecordingRule, vector: Vector): Vector {
  const samples = vector.map(({ labels, value }) => ({
    labels: labelsOf(Object.entries({ ...labels, ...rule.labels, [NAME]: rule.name })),
    value,
  }));
  if (new Set(samples.map(({ labels }) => keyOf(labels))).size < samples.length)
    throw new EvaluationError('several series have come to bear the same labels');
  return samples;
}

const alertsSeries = ({ labels, state }: Instance): Vector[number] => ({
  labels: labelsOf(Object.entries({ ...labels, [NAME]: ALERTS_SERIES, alertstate: state })),
  value: 1,
});

/** As much of a rule as its last alerts need. */
function goneRule(instance: SavedInstance | undefined): AlertingRule {
  const name = instance?.rule ?? NO_DATA_ALERT;
  const severity = instance?.labels['severity'];
  return {
    ...evaluationFailed(),
    name,
    severity: severity === 'critical' || severity === 'info' ? severity : 'warning',
    labels: {},
  };
}
