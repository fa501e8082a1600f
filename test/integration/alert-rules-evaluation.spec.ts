import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { Gauge } from 'prom-client';
import { AlertIntake, type Alert } from '../../src/modules/alerting/alert.js';
import { Clocks } from '../../src/modules/alerting/evaluation/evaluation-clock.js';
import { EvaluationMetrics } from '../../src/modules/alerting/evaluation/evaluation-metrics.js';
import { EVALUATION_PROVIDERS } from '../../src/modules/alerting/evaluation/index.js';
import { RuleEvaluation } from '../../src/modules/alerting/evaluation/rule-evaluation.service.js';
import { RuleBoard } from '../../src/modules/alerting/rule-state.js';
import { RuleFileError } from '../../src/modules/alerting/rules/rules.errors.js';
import { AlertingConfig, AlertingRulesConfig, ServerConfig } from '../../src/platform/config/index.js';
import { ComponentMetrics } from '../../src/platform/health/index.js';
import { Metrics } from '../../src/platform/observability/index.js';

const MINUTE = 60_000;

class GivenClocks extends Clocks {
  constructor(
    public now = Date.UTC(2026, 0, 1),
    public passed = 0,
  ) {
    super();
  }
  wall(): number {
    return this.now;
  }
  steady(): number {
    return this.passed;
  }
}

/** Remembers what it is given, unless it is told to refuse. */
class GivenIntake extends AlertIntake {
  readonly taken: Alert[] = [];
  isBroken = false;
  take(alerts: readonly Alert[]): Promise<void> {
    if (this.isBroken) return Promise.reject(new Error('refused'));
    this.taken.push(...alerts);
    return Promise.resolve();
  }
  /** What came since the last call. */
  news(): string[] {
    return this.taken
      .splice(0)
      .map(({ rule, status, labels }) => [rule, labels['rule'], status].filter(Boolean).join(' '));
  }
}

const rulesText = (expr = 'family_assistant_depth > 5', more = ''): string => `
groups:
  - name: own
    rules:
      - alert: Deep
        expr: ${expr}
        labels: { severity: critical }
        annotations: { summary: 'deep: {{ $value }}' }
      - alert: DeepForLong
        expr: ${expr}
        for: 5m
        labels: { severity: warning }
        annotations: { summary: deep for long }
        no_data: alert
${more}`;

describe('the evaluation of rules', () => {
  let folder: string;
  let clocks: GivenClocks;
  let intake: GivenIntake;
  let depth: number | undefined;
  let running: RuleEvaluation[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'alert-rules-'));
    clocks = new GivenClocks();
    intake = new GivenIntake();
    depth = 0;
    running = [];
  });
  afterEach(async () => {
    for (const each of running) await each.onApplicationShutdown();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A process of the server, as far as rules are concerned. It evaluates when it is told to. */
  async function start(text = rulesText(), changes: Partial<AlertingRulesConfig> = {}) {
    const rulesFile = join(folder, 'rules.yaml');
    writeFileSync(rulesFile, text);
    const config = Object.assign(new AlertingRulesConfig(), {
      rulesFile,
      shipped: false,
      instanceName: 'one',
      interval: 15,
    });
    Object.assign(config, changes);
    const server = Object.assign(new ServerConfig(), { dataDir: folder });
    const metrics = new Metrics();
    new Gauge({
      name: 'family_assistant_depth',
      help: 'for the test',
      registers: [metrics.registry],
      collect() {
        this.reset();
        if (depth === undefined) this.remove();
        else this.set(depth);
      },
    });
    const components = { refresh: () => Promise.resolve() } as unknown as ComponentMetrics;
    const own = new EvaluationMetrics(metrics);
    const evaluation = new RuleEvaluation(
      config,
      server,
      metrics,
      components,
      own,
      intake,
      clocks,
      new AlertingConfig(),
    );
    await evaluation.onApplicationBootstrap();
    running.push(evaluation);
    return { evaluation, metrics };
  }

  async function step(evaluation: RuleEvaluation, times = 1): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      clocks.now += 15_000;
      clocks.passed += 15_000;
      await evaluation.evaluateNow();
    }
  }
  const stateOf = (evaluation: RuleEvaluation, rule: string) =>
    evaluation.states().find((state) => state.rule === rule)?.state;

  it('tells what fires and what is over, once', async () => {
    const { evaluation } = await start();
    await step(evaluation, 3);
    expect(intake.news()).toEqual([]);
    depth = 9;
    await step(evaluation);
    expect(intake.taken).toMatchObject([
      {
        rule: 'Deep',
        source: 'rules',
        severity: 'critical',
        labels: { instance: 'one' },
        annotations: { summary: 'deep: 9' },
      },
    ]);
    expect(intake.news()).toEqual(['Deep firing']);
    await step(evaluation, 2);
    expect(intake.news()).toEqual([]);
    expect([stateOf(evaluation, 'Deep'), stateOf(evaluation, 'DeepForLong')]).toEqual(['firing', 'pending']);
    depth = 0;
    await step(evaluation);
    expect(intake.news()).toEqual(['Deep resolved']);
    expect(stateOf(evaluation, 'DeepForLong')).toBe('inactive');
  });

  it('offers again what was not taken', async () => {
    const { evaluation } = await start();
    depth = 9;
    intake.isBroken = true;
    await step(evaluation, 3);
    depth = 0;
    await step(evaluation, 2);
    intake.isBroken = false;
    await step(evaluation);
    expect(intake.news()).toEqual(['Deep resolved']);
  });

  it('goes on after a restart where it was', async () => {
    const { evaluation } = await start();
    depth = 9;
    await step(evaluation, 10);
    const [{ startsAt } = { startsAt: NaN }] = intake.taken;
    intake.news();
    await evaluation.onApplicationShutdown();
    clocks.now += 10 * MINUTE;
    clocks.passed = 0;

    const { evaluation: next } = await start();
    expect(stateOf(next, 'Deep')).toBe('firing');
    expect(stateOf(next, 'DeepForLong')).toBe('pending');
    await step(next);
    expect(intake.taken).toMatchObject([{ rule: 'Deep', startsAt }]);
    intake.news();
    await step(next, 12);
    expect(intake.news()).toContain('DeepForLong firing');
  });

  it('after a restart with the clock set back nothing is stuck', async () => {
    const { evaluation } = await start();
    depth = 9;
    await step(evaluation, 10);
    await evaluation.onApplicationShutdown();
    clocks.now -= 86_400_000;
    clocks.passed = 0;
    const { evaluation: next } = await start();
    intake.news();
    await step(next, 15);
    expect(intake.news()).toContain('DeepForLong firing');
    depth = 0;
    await step(next);
    expect(intake.news().sort()).toEqual(['Deep resolved', 'DeepForLong resolved']);
  });

  it.each([-30 * 86_400_000, -10 * MINUTE, 10 * MINUTE, 30 * 86_400_000])(
    'is not blind after the clock was set by %d ms',
    async (jump) => {
      const rate = rulesText('changes(family_assistant_depth[2m]) > 2');
      const { evaluation } = await start(rate);
      const wobble = async (times: number): Promise<void> => {
        for (let time = 0; time < times; time += 1) {
          depth = (depth ?? 0) + 1;
          await step(evaluation);
        }
      };
      await wobble(6);
      expect(intake.news()).toEqual(['Deep firing']);
      clocks.now += jump;
      await wobble(1);
      expect([stateOf(evaluation, 'Deep'), stateOf(evaluation, 'DeepForLong')]).toEqual(['firing', 'pending']);
      await step(evaluation, 9);
      expect(intake.news()).toContain('Deep resolved');
      await wobble(30);
      expect(intake.news()).toEqual(expect.arrayContaining(['Deep firing', 'DeepForLong firing']));
    },
  );

  it('a rule that is gone ends its alerts', async () => {
    const { evaluation } = await start();
    depth = 9;
    await step(evaluation);
    await evaluation.onApplicationShutdown();
    intake.news();
    const { evaluation: next } = await start(rulesText().replace('alert: Deep\n', 'alert: Other\n'));
    await step(next);
    expect(intake.news().sort()).toEqual(['Deep resolved', 'Other firing']);
    await step(next, 8);
    expect(intake.news()).not.toContain('Deep resolved');
  });

  it('missing data and failures are told as alerts, and end', async () => {
    const { evaluation } = await start();
    depth = undefined;
    await step(evaluation, 12);
    expect(stateOf(evaluation, 'DeepForLong')).toBe('no_data');
    expect(intake.news()).toContain('RuleNoData DeepForLong firing');
    depth = 1;
    await step(evaluation);
    expect(intake.news()).toContain('RuleNoData DeepForLong resolved');
  });

  it('a rule that cannot be evaluated does not hold up the others', async () => {
    const broken = `      - alert: Broken
        expr: family_assistant_depth + on () family_assistant_alert_series
        labels: { severity: info }
        annotations: { summary: x }
      - record: many
        expr: family_assistant_alert_series or family_assistant_depth
      - alert: Many
        expr: vector(1) + on () {__name__=~"family_assistant_depth|family_assistant_alert_series"}
        labels: { severity: info }
        annotations: { summary: x }
`;
    const { evaluation } = await start(rulesText(undefined, broken));
    depth = 9;
    await step(evaluation);
    expect(intake.news()).toEqual(expect.arrayContaining(['Deep firing', 'RuleEvaluationFailed Many firing']));
    expect(evaluation.states().find(({ rule }) => rule === 'Many')).toMatchObject({
      state: 'error',
      error: 'several series of one side match the same of the other',
    });
  });

  it('a damaged file is put aside and costs nothing else', async () => {
    const { evaluation } = await start();
    depth = 9;
    await step(evaluation, 2);
    await evaluation.onApplicationShutdown();
    const file = join(folder, 'alerting', 'rules-one.state');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"firing"', '"fyring"'));
    const { evaluation: next } = await start();
    expect(readdirSync(join(folder, 'alerting'))).toEqual(['rules-one.state.damaged']);
    intake.news();
    await step(next);
    expect(intake.news()).toEqual(['Deep firing']);
  });

  it('a folder that cannot be written costs the memory of it, never the evaluation', async () => {
    writeFileSync(join(folder, 'alerting'), 'a file where the folder should be');
    const { evaluation } = await start();
    depth = 9;
    await step(evaluation, 2);
    expect(intake.news()).toEqual(['Deep firing']);
  });

  it('what does not fit is left out, and seen', async () => {
    const { evaluation, metrics } = await start(rulesText(`'{__name__=~"family_assistant_.+"} > 1e300'`), {
      seriesMaximum: 20,
    });
    await step(evaluation, 2);
    const text = await metrics.registry.getSingleMetricAsString('family_assistant_alert_series_refused');
    expect(Number(/refused (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(0);
    expect(evaluation.states().every(({ state }) => state === 'inactive')).toBe(true);
  });

  it('a server whose rules are wrong does not start', async () => {
    await expect(start('groups: 1')).rejects.toThrow(RuleFileError);
    await expect(start(undefined, { rulesFile: join(folder, 'none.yaml') })).rejects.toThrow('rules_unreadable');
  });

  it('is switched off by a setting', async () => {
    const { evaluation } = await start(undefined, { evaluate: false });
    depth = 9;
    await step(evaluation);
    expect([evaluation.states(), intake.news()]).toEqual([[], []]);
  });

  it('is a set of providers that a module takes', async () => {
    const config = Object.assign(new AlertingRulesConfig(), { instanceName: 'one' });
    const given = [
      { provide: AlertingRulesConfig, useValue: config },
      { provide: ServerConfig, useValue: Object.assign(new ServerConfig(), { dataDir: folder }) },
      { provide: AlertIntake, useValue: intake },
      AlertingConfig,
      { provide: ComponentMetrics, useValue: { refresh: () => Promise.resolve() } },
      Metrics,
    ];
    const module = await Test.createTestingModule({ providers: [...EVALUATION_PROVIDERS, ...given] }).compile();
    await module.init();
    await module.get(RuleEvaluation).evaluateNow();
    const states = module.get(RuleBoard).states();
    expect(states.length).toBeGreaterThan(35);
    expect(states.filter(({ state }) => state === 'error')).toEqual([]);
    expect(module.get(RuleEvaluation).inhibitorsOf('BackendDown')).toEqual(['DatabaseDown', 'DiskFull']);
    await module.close();
  });
});
