import { describe, expect, it } from '@jest/globals';
import { StatusRegistry, type SectionContent } from '../../../platform/status/index.js';
import type { Severity } from '../alert.js';
import { RuleBoard, type RuleState, type RuleStateName } from '../rule-state.js';
import { AlertSection } from './alert-section.js';

const SINCE = Date.parse('2026-03-01T12:00:00Z');

const rule = (name: string, severity: Severity, state: RuleStateName, ...activeAt: readonly number[]): RuleState => ({
  rule: name,
  group: 'test',
  severity,
  state,
  instances: activeAt.map((at) => ({ labels: { secret: 'label' }, state: 'firing', activeAt: at, value: 1 })),
  evaluatedAt: SINCE,
});

async function read(...rules: readonly RuleState[]): Promise<SectionContent> {
  const registry = new StatusRegistry();
  class Board extends RuleBoard {
    states(): readonly RuleState[] {
      return rules;
    }
  }
  new AlertSection(registry, new Board()).onModuleInit();
  const [section] = registry.list();
  if (!section) throw new Error('it has not registered');
  return section.read('en');
}

describe('alerts on the status page', () => {
  it('are well while none fires', async () => {
    const { state, rows } = await read(rule('DiskLow', 'warning', 'inactive'), rule('PoolBusy', 'warning', 'pending'));
    expect(state).toBe('ok');
    expect(rows).toEqual([
      { label: 'Firing', value: 0 },
      { label: 'About to fire', value: 1 },
      { label: 'Rules that are evaluated', value: 2 },
    ]);
  });

  it('stand there by rule and since when, the worst first, without labels', async () => {
    const content = await read(
      rule('Notice', 'info', 'firing', SINCE),
      rule('DiskLow', 'warning', 'firing', SINCE),
      rule('DatabaseDown', 'critical', 'firing', SINCE + 60_000, SINCE),
    );
    expect(content.state).toBe('error');
    expect(content.rows.slice(1, 4)).toEqual([
      { label: 'DatabaseDown', value: new Date(SINCE), state: 'error' },
      { label: 'DiskLow', value: new Date(SINCE), state: 'warning' },
      { label: 'Notice', value: new Date(SINCE), state: 'ok' },
    ]);
    expect(JSON.stringify(content)).not.toContain('secret');
  });

  it('that cannot be judged are said to be, and are not well', async () => {
    const { state, rows } = await read(rule('A', 'warning', 'no_data'), rule('B', 'critical', 'error'));
    expect(state).toBe('warning');
    expect(rows).toEqual(
      expect.arrayContaining([
        { label: 'A', value: 'was never measured', state: 'unknown' },
        { label: 'B', value: 'could not be evaluated', state: 'unknown' },
      ]),
    );
  });

  it('what is only to be known alarms nobody', async () => {
    expect((await read(rule('Notice', 'info', 'firing', SINCE))).state).toBe('ok');
  });

  it('are not listed without end', async () => {
    const { rows } = await read(
      ...Array.from({ length: 50 }, (_, at) => rule(`R${String(at)}`, 'warning', 'firing', SINCE)),
    );
    expect(rows).toHaveLength(1 + 20 + 1 + 1 + 1);
    expect(rows).toContainEqual({ label: 'and more', value: 30 });
  });
});
