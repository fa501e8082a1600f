import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AlertingConfig, AlertingRulesConfig, ServerConfig } from '../../../platform/config/index.js';
import { ComponentMetrics } from '../../../platform/health/index.js';
import { Metrics } from '../../../platform/observability/index.js';
import { AlertIntake } from '../alert.js';
import { loadRules } from '../rules/rule-files.js';
import { alertingRulesOf, rulesOf, type RuleSet } from '../rules/rule-file.js';
import { expand } from '../rules/expand.js';
import { needsOf } from '../rules/promql/selectors.js';
import { RuleBoard, type RuleState } from '../rule-state.js';
import { ALERTS_SERIES, RuleEngine } from './engine/rule-engine.js';
import { Clocks, EvaluationClock } from './evaluation-clock.js';
import { EvaluationMetrics } from './evaluation-metrics.js';
import { MetricSampler } from './metric-sampler.js';
import { NAME } from './promql/labels.js';
import { SeriesStore } from './series/series-store.js';
import { within } from './within.js';
import { newState, restoreSeries, saveSeries, StateFile } from './state-file.js';

const MIB = 2 ** 20;
/** How often series are saved while nothing happens, in milliseconds. */
const SAVE_EVERY = 60_000;
/** Longest wait at the end of the process for what is being written or told, in milliseconds. */
const LAST_WAIT = 3000;

/** What takes longer counts as not taken, and is offered again. Milliseconds. */
const LONGEST_TELLING = 30_000;

/** What is needed while rules are evaluated. */
interface Running {
  readonly store: SeriesStore;
  readonly engine: RuleEngine;
  readonly sampler: MetricSampler;
  readonly recorded: ReadonlySet<string>;
}

/**
 * Samples the metrics of this process and evaluates all rules on them, every ALERTS_INTERVAL. One evaluation follows
 * another; one that fails is counted, and the next one comes all the same.
 */
@Injectable()
export class RuleEvaluation extends RuleBoard implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('Alerting');
  private readonly clock: EvaluationClock;
  private readonly file: StateFile;
  private running: Running | undefined;
  private inhibitors = new Map<string, readonly string[]>();
  private timer: NodeJS.Timeout | undefined;
  private evaluating: Promise<void> | undefined;
  private telling: Promise<void> | undefined;
  private saving: Promise<void> | undefined;
  private savedAt = 0;
  private savedStates = '';
  private isSaveBroken = false;
  private isOver = false;

  constructor(
    private readonly config: AlertingRulesConfig,
    server: ServerConfig,
    private readonly metrics: Metrics,
    private readonly components: ComponentMetrics,
    private readonly own: EvaluationMetrics,
    private readonly intake: AlertIntake,
    clocks: Clocks,
    private readonly alerting: AlertingConfig,
  ) {
    super();
    this.clock = new EvaluationClock(clocks);
    this.file = StateFile.in(server.dataDir, config.instance);
  }

  /** @throws RuleFileError: a server whose rules are wrong does not start */
  async onApplicationBootstrap(): Promise<void> {
    const rules = await loadRules(this.config);
    this.inhibitors = new Map(alertingRulesOf(expand(rules)).map(({ name, inhibitedBy }) => [name, inhibitedBy]));
    if (!this.config.evaluate || !this.alerting.isEnabled) return;
    this.running = this.prepare(rules);
    await this.restore(this.running);
    this.plan(0);
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    const end = Promise.all([this.evaluating, this.telling, this.saving]).then(() => this.save(this.running, true));
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, LAST_WAIT).unref())]);
  }

  states(): readonly RuleState[] {
    return this.running?.engine.states() ?? [];
  }

  /** The names of rules during whose firing an alert of this rule is not told. */
  inhibitorsOf(rule: string): readonly string[] {
    return this.inhibitors.get(rule) ?? [];
  }

  /** One evaluation now, after one that is under way; returns when what it found is told. */
  async evaluateNow(): Promise<void> {
    await this.evaluating;
    await this.evaluateOnce();
    await this.telling;
  }

  /** Joins an evaluation that is under way: two never overlap. */
  private evaluateOnce(): Promise<void> {
    this.evaluating ??= this.evaluate().finally(() => {
      this.evaluating = undefined;
    });
    return this.evaluating;
  }

  private prepare(rules: RuleSet): Running {
    const { seriesMaximum, seriesMemory, interval, instance } = this.config;
    const all = rulesOf(expand(rules));
    const bounds = { series: seriesMaximum, bytes: seriesMemory * MIB };
    const store = new SeriesStore(
      all.flatMap(({ expression }) => needsOf(expression)),
      bounds,
    );
    const engine = new RuleEngine(rules, store, interval * 1000, { instance });
    const sampler = new MetricSampler(this.metrics.registry, instance, (series) => store.isNeeded(series));
    const recorded = new Set([ALERTS_SERIES, ...all.flatMap(({ kind, name }) => (kind === 'record' ? [name] : []))]);
    this.own.watch(store, () => engine.states());
    return { store, engine, sampler, recorded };
  }

  /** A file that cannot be used costs what it knew, and never the evaluation. */
  private async restore({ store, engine }: Running): Promise<void> {
    try {
      const state = await this.file.read();
      if (state === 'damaged') this.log.warn('what was known of alerts before is damaged and was put aside');
      if (state === undefined || state === 'damaged') return;
      const { now } = this.clock.read();
      restoreSeries(store, state.series);
      engine.restore(state.instances, now, state.savedAt);
    } catch (error) {
      this.log.warn({ msg: 'what was known of alerts before cannot be read', error: nameOf(error) });
      await this.file.putAside().catch(() => undefined);
    }
  }

  private plan(delay: number): void {
    if (this.isOver) return;
    this.timer = setTimeout(() => {
      const started = performance.now();
      void this.evaluateOnce().then(() => {
        const took = performance.now() - started;
        this.plan(Math.max(this.config.interval * 1000 - took, this.config.interval * 100));
      });
    }, delay);
    this.timer.unref();
  }

  /** Never throws: the next evaluation may do better. */
  private async evaluate(): Promise<void> {
    const { running } = this;
    if (!running) return;
    try {
      await this.components.refresh();
      const samples = await running.sampler.sample();
      this.evaluateOn(running, samples);
    } catch (error) {
      this.own.failed();
      this.log.error({ msg: 'rules cannot be evaluated', error: nameOf(error) });
    }
    this.tell(running);
    this.save(running).catch(() => undefined);
  }

  private evaluateOn(
    { engine, store, recorded }: Running,
    samples: Awaited<ReturnType<MetricSampler['sample']>>,
  ): void {
    const started = performance.now();
    const { now, jump } = this.clock.read();
    if (jump !== 0) {
      this.log.warn({ msg: 'the clock was set', by_seconds: Math.round(jump / 1000) });
      engine.shift(jump);
    }
    store.take(now, samples, ({ [NAME]: name = '' }) => !recorded.has(name));
    const failed = engine.run(now);
    store.sweep(now);
    this.own.evaluated(now, (performance.now() - started) / 1000, failed);
  }

  /** What is not taken now is offered again at the next evaluation. */
  private tell({ engine }: Running): void {
    if (this.telling) return;
    const { now } = this.clock.read();
    const { alerts, told } = engine.due(now);
    if (alerts.length === 0) return;
    this.telling = within(this.intake.take(alerts), LONGEST_TELLING)
      .then(told)
      .catch((error: unknown) => {
        this.log.error({ msg: 'alerts were not taken', error: nameOf(error) });
      })
      .finally(() => {
        this.telling = undefined;
      });
  }

  /** Saved when an alert changes, and every minute. */
  private async save(running: Running | undefined, isLast = false): Promise<void> {
    if (!running || this.saving) return;
    const { engine, store } = running;
    const { now } = this.clock.read();
    const instances = engine.save();
    const states = instances.map(({ rule, state, startsAt }) => `${rule} ${state} ${String(startsAt)}`).join('\n');
    if (!isLast && states === this.savedStates && Math.abs(now - this.savedAt) < SAVE_EVERY) return;
    this.saving = this.file
      .write(newState(now, instances, saveSeries(store)))
      .then(() => {
        this.savedAt = now;
        this.savedStates = states;
        this.isSaveBroken = false;
      })
      .catch((error: unknown) => {
        if (!this.isSaveBroken) this.log.error({ msg: 'the state of alerts cannot be saved', error: nameOf(error) });
        this.isSaveBroken = true;
      })
      .finally(() => {
        this.saving = undefined;
      });
    await this.saving;
  }
}

/** Without its message, which may quote anything. */
function nameOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : typeof error;
}
