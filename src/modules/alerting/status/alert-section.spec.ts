import { describe, expect, it } from '@jest/globals';
import { StatusRegistry, type SectionContent } from '../../../platform/status/index.js';
import type { Severity } from '../alert.js';
import type { CurrentAlerts } from '../current-alerts.js';
import type { CurrentAlert } from '../overview.policy.js';
import { RuleBoard, type RuleState } from '../rule-state.js';
import { AlertSection } from './alert-section.js';

const SINCE = Date.parse('2026-03-01T12:00:00Z');

const alert = (rule: string, severity: Severity, more: Partial<CurrentAlert> = {}): CurrentAlert => ({
  state: 'firing',
  source: 'rules',
  rule,
  severity,
  labels: { secret: 'label' },
  since: SINCE,
  isInhibited: false,
  ...more,
});

class Board extends RuleBoard {
  states(): readonly RuleState[] {
    return [{ rule: 'A', group: 'test', severity: 'info', state: 'inactive', instances: [], evaluatedAt: SINCE }];
  }
}

async function read(...alerts: readonly CurrentAlert[]): Promise<SectionContent> {
  const registry = new StatusRegistry();
  const current = { list: () => alerts } as unknown as CurrentAlerts;
  new AlertSection(registry, current, new Board()).onModuleInit();
  const [section] = registry.list();
  if (!section) throw new Error('it has not registered');
  return section.read('en');
}

describe('alerts on the status page', () => {
  it('are well while none fires', async () => {
    const { state, rows } = await read(alert('PoolBusy', 'warning', { state: 'pending' }));
    expect(state).toBe('ok');
    expect(rows).toEqual([
      { label: 'Firing', value: 0 },
      { label: 'About to fire', value: 1 },
      { label: 'Rules that are evaluated', value: 1 },
    ]);
  });

  it('stand there by rule and since when, whoever says so, without labels', async () => {
    const content = await read(
      alert('DatabaseDown', 'critical', { since: SINCE + 60_000 }),
      alert('DatabaseDown', 'critical'),
      alert('NasGone', 'critical', { source: 'alertmanager' }),
      alert('AlertNotDelivered', 'warning', { source: 'watchdog' }),
      alert('Notice', 'info'),
    );
    expect(content.state).toBe('error');
    expect(content.rows.slice(0, 5)).toEqual([
      { label: 'Firing', value: 4 },
      { label: 'DatabaseDown', value: new Date(SINCE), state: 'error' },
      { label: 'NasGone', value: new Date(SINCE), state: 'error' },
      { label: 'AlertNotDelivered', value: new Date(SINCE), state: 'warning' },
      { label: 'Notice', value: new Date(SINCE), state: 'ok' },
    ]);
    expect(JSON.stringify(content)).not.toContain('secret');
  });

  it('that somebody has silenced are named and alarm nobody', async () => {
    const { state, rows } = await read(
      alert('DiskLow', 'critical', { silencedBy: 'somebody' }),
      alert('DiskLow', 'critical', { silencedBy: 'another' }),
    );
    expect(state).toBe('ok');
    expect(rows.slice(0, 2)).toEqual([
      { label: 'Firing', value: 1 },
      { label: 'DiskLow (silenced)', value: new Date(SINCE) },
    ]);
  });

  it('that cannot be judged are said to be, and are not well', async () => {
    const { state, rows } = await read(
      alert('A', 'warning', { state: 'no_data' }),
      alert('B', 'critical', { state: 'error' }),
    );
    expect(state).toBe('warning');
    expect(rows).toEqual(
      expect.arrayContaining([
        { label: 'A', value: 'was never measured', state: 'unknown' },
        { label: 'B', value: 'could not be evaluated', state: 'unknown' },
      ]),
    );
  });

  it('what is only to be known alarms nobody', async () => {
    expect((await read(alert('Notice', 'info'))).state).toBe('ok');
  });

  it('are not listed without end, nor is a name', async () => {
    const { rows } = await read(
      ...Array.from({ length: 50 }, (_, at) => alert(`R${String(at)}`, 'warning')),
      alert('N'.repeat(1000), 'info'),
    );
    expect(rows).toHaveLength(1 + 20 + 1 + 1 + 1);
    expect(rows).toContainEqual({ label: 'and more', value: 31 });
    const named = await read(alert('N'.repeat(1000), 'info'));
    expect(named.rows[1]?.label).toHaveLength(80);
  });
});
