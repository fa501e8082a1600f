import { fingerprintOf, type Alert, type Annotations, type Labels } from '../../alert.js';
import type { AlertingRule } from '../../rules/rule-file.js';
import { readTemplate, type Template } from '../../rules/template.js';
import { keyOf, labelsOf, NAME } from '../promql/labels.js';
import { EvaluationError, type Vector } from '../promql/values.js';

/** Series of one rule, from when it is noticed until its end has been told. */
export interface Instance {
  readonly labels: Labels;
  annotations: Labels;
  state: 'pending' | 'firing' | 'resolved';
  /** Since when it holds. Milliseconds, as all times here; moved when the clock is set. */
  activeAt: number;
  /** When it fired: what is told, and never moved. */
  startsAt: number | undefined;
  endsAt: number | undefined;
  /** Since when it holds no more, while it goes on firing (`keep_firing_for`). */
  ceasedAt: number | undefined;
  value: number;
  /** When it was last told of; undefined: there is something new. */
  toldAt: number | undefined;
}

/** A firing alert is told again so often, for what its annotations say changes. Milliseconds. */
const REPEAT = 60_000;

/**
 * The states of one rule's series, as `AlertingRule.Eval` of Prometheus 2.53 has them: pending until it held for as long as
 * `for`, then firing until it ceased for as long as `keep_firing_for`, then resolved until that was told.
 */
export class AlertMachine {
  private readonly instances = new Map<string, Instance>();
  private readonly labelTemplates: ReadonlyMap<string, Template>;
  private readonly annotationTemplates: ReadonlyMap<string, Template>;

  /** @param identity labels that each alert bears besides, where its series has no such label */
  constructor(
    readonly rule: AlertingRule,
    private readonly identity: Labels,
  ) {
    const templates = (texts: Labels): Map<string, Template> =>
      new Map(Object.entries(texts).map(([name, text]) => [name, readTemplate(text)]));
    this.labelTemplates = templates(rule.labels);
    this.annotationTemplates = templates(rule.annotations);
  }

  /** Pending and firing ones. */
  get active(): Instance[] {
    return [...this.instances.values()].filter(({ state }) => state !== 'resolved');
  }

  get all(): Instance[] {
    return [...this.instances.values()];
  }

  /** @throws EvaluationError when labels of the rule make two series one */
  step(vector: Vector, at: number): void {
    const found = this.found(vector);
    for (const [key, { labels, annotations, value }] of found) {
      const known = this.instances.get(key);
      if (known && known.state !== 'resolved') {
        Object.assign(known, { annotations, value, ceasedAt: undefined });
        continue;
      }
      // An end that nobody was told of yet stays to be told: this is another episode.
      if (known) this.instances.set(`${key} ${String(known.startsAt)}`, known);
      this.instances.set(key, begun(labels, annotations, value, at));
    }
    for (const [key, instance] of this.instances) {
      if (instance.state === 'resolved') continue;
      if (!found.has(key) && !this.goesOn(instance, at)) this.end(key, instance, at);
      else if (instance.state === 'pending' && at - instance.activeAt >= this.rule.for) {
        instance.state = 'firing';
        instance.startsAt = at;
        instance.toldAt = undefined;
      }
    }
  }

  /** What is to be told now: what is new, ends, and what fires on, now and then. */
  due(at: number): { alert: Alert; told: () => void }[] {
    return this.all.flatMap((instance) => {
      if (instance.state === 'pending' || !isDue(instance, at)) return [];
      const { state } = instance;
      const told = (): void => {
        if (instance.state !== state) return;
        instance.toldAt = at;
        if (state === 'resolved') this.forget(instance);
      };
      return [{ alert: this.alertOf(instance), told }];
    });
  }

  /** Everything that fires is over: its rule is gone. */
  endAll(at: number): void {
    for (const [key, instance] of this.instances) if (instance.state !== 'resolved') this.end(key, instance, at);
  }

  /** Takes over what an earlier process knew. */
  restore(instances: readonly Instance[]): void {
    instances.forEach((instance, at) => {
      const key = instance.state === 'resolved' ? `${keyOf(instance.labels)} ${String(at)}` : keyOf(instance.labels);
      this.instances.set(key, instance);
    });
  }

  /** The clock was set. @param by milliseconds */
  shift(by: number): void {
    for (const instance of this.instances.values()) {
      instance.activeAt += by;
      if (instance.ceasedAt !== undefined) instance.ceasedAt += by;
      if (instance.toldAt !== undefined) instance.toldAt += by;
    }
  }

  private forget(instance: Instance): void {
    for (const [key, each] of this.instances) if (each === instance) this.instances.delete(key);
  }

  private found(vector: Vector): Map<string, Pick<Instance, 'labels' | 'annotations' | 'value'>> {
    const found = new Map<string, Pick<Instance, 'labels' | 'annotations' | 'value'>>();
    for (const { labels: given, value } of vector) {
      const fill = (templates: ReadonlyMap<string, Template>): [string, string][] =>
        Array.from(templates, ([name, template]) => [name, template(given, value)]);
      const own = new Map([...Object.entries(given), ...fill(this.labelTemplates), ['alertname', this.rule.name]]);
      own.delete(NAME);
      const labels = labelsOf(own);
      const key = keyOf(labels);
      if (found.has(key)) throw new EvaluationError('several series have come to bear the same labels');
      found.set(key, { labels, annotations: Object.fromEntries(fill(this.annotationTemplates)), value });
    }
    return found;
  }

  private goesOn(instance: Instance, at: number): boolean {
    if (instance.state !== 'firing' || this.rule.keepFiringFor === 0) return false;
    instance.ceasedAt ??= at;
    return at - instance.ceasedAt < this.rule.keepFiringFor;
  }

  private end(key: string, instance: Instance, at: number): void {
    if (instance.state === 'pending') {
      this.instances.delete(key);
      return;
    }
    instance.state = 'resolved';
    instance.endsAt = at;
    instance.toldAt = undefined;
  }

  private alertOf({ labels, annotations, state, startsAt = 0, endsAt }: Instance): Alert {
    const all = labelsOf(Object.entries({ ...this.identity, ...labels }));
    return {
      fingerprint: fingerprintOf('rules', all),
      source: 'rules',
      rule: this.rule.name,
      severity: this.rule.severity,
      status: state === 'resolved' ? 'resolved' : 'firing',
      labels: all,
      annotations: annotationsOf(annotations, this.rule.name),
      startsAt,
      // A clock that was set back must not make it end before it began.
      ...(endsAt === undefined ? {} : { endsAt: Math.max(endsAt, startsAt) }),
    };
  }
}

const begun = (labels: Labels, annotations: Labels, value: number, at: number): Instance => ({
  labels,
  annotations,
  state: 'pending',
  activeAt: at,
  startsAt: undefined,
  endsAt: undefined,
  ceasedAt: undefined,
  value,
  toldAt: undefined,
});

const isDue = ({ state, toldAt }: Instance, at: number): boolean =>
  toldAt === undefined || (state === 'firing' && at - toldAt >= REPEAT);

function annotationsOf(texts: Labels, rule: string): Annotations {
  const { summary = rule, description, runbook } = texts;
  return {
    summary,
    ...(description === undefined ? {} : { description }),
    ...(runbook === undefined ? {} : { runbook }),
  };
}
