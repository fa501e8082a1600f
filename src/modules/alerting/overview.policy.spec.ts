import { describe, expect, it } from '@jest/globals';
import { fingerprintOf, type Alert } from './alert.js';
import { overviewOf } from './overview.policy.js';
import type { RuleState } from './rule-state.js';

const alertOf = (rule: string, more: Partial<Alert> = {}): Alert => ({
  fingerprint: fingerprintOf('rules', { alertname: rule }),
  source: 'rules',
  rule,
  severity: 'warning',
  status: 'firing',
  labels: { alertname: rule },
  annotations: { summary: rule },
  startsAt: 1,
  ...more,
});
const ruleOf = (rule: string, more: Partial<RuleState>): RuleState => ({
  rule,
  group: 'group',
  severity: 'warning',
  state: 'inactive',
  instances: [],
  evaluatedAt: 1,
  ...more,
});

describe('what is wrong now', () => {
  it('comes with the worst first, and with what is not told', () => {
    const instances = [
      { labels: { pool: 'one' }, state: 'pending' as const, activeAt: 5, value: 1 },
      { labels: { pool: 'two' }, state: 'firing' as const, activeAt: 4, value: 1 },
    ];
    const found = overviewOf(
      [
        alertOf('Low'),
        alertOf('Older', { severity: 'critical' }),
        alertOf('Newer', { severity: 'critical', startsAt: 2 }),
      ],
      [
        ruleOf('Quiet', {}),
        ruleOf('Pending', { state: 'firing', instances }),
        ruleOf('Unmeasured', { state: 'no_data' }),
        ruleOf('Broken', { state: 'error', error: 'secret' }),
      ],
      {
        silencedBy: ({ rule }) => (rule === 'Low' ? 'a silence' : undefined),
        isInhibited: (rule) => rule === 'Older',
      },
    );
    expect(found.map(({ state, rule }) => `${state} ${rule}`)).toEqual([
      'firing Newer',
      'firing Older',
      'firing Low',
      'error Broken',
      'no_data Unmeasured',
      'pending Pending',
    ]);
    expect(found.find(({ rule }) => rule === 'Low')).toMatchObject({ silencedBy: 'a silence', isInhibited: false });
    expect(found.find(({ rule }) => rule === 'Older')).toMatchObject({ isInhibited: true });
    expect(JSON.stringify(found)).not.toContain('secret');
  });
});
