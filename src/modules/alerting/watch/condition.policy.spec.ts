import { describe, expect, it } from '@jest/globals';
import type { ChannelStatus, DeliveryStatus } from '../delivery/index.js';
import { faultsOf, isWell, type Condition } from './condition.policy.js';

const channel: ChannelStatus = {
  channel: 'webhook',
  isFallback: false,
  verifiedAt: 1,
  isVerified: true,
  lastError: undefined,
  pending: 0,
};
const failing: ChannelStatus = { ...channel, channel: 'ntfy', lastError: 'timeout', pending: 1 };
const status: DeliveryStatus = {
  journal: { state: 'up', error: undefined, damagedLines: 0 },
  pending: 0,
  oldestSeconds: 0,
  dead: 0,
  channels: [channel],
  history: { waiting: 0, dropped: 0 },
};
const untried = { ...channel, verifiedAt: undefined, isVerified: false };
const DAY = 86_400;

function look(more: Partial<DeliveryStatus>, rest: Partial<Condition> = {}): object {
  const condition = { status: { ...status, ...more }, evaluationAge: 15, evaluationLimit: 180, uptime: 60, ...rest };
  const faults = faultsOf(condition);
  return { faults, isWell: isWell(faults, condition) };
}

describe('alerting', () => {
  it.each([
    ['where nothing is wrong', look({}), [], true],
    ['without a channel', look({ channels: [] }), [], true],
    ['whose journal is down', look({ journal: { ...status.journal, state: 'down' } }), ['journal_down'], false],
    ['whose rules are not evaluated', look({}, { evaluationAge: 181 }), ['evaluation_stalled'], false],
    ['whose channels all fail', look({ channels: [failing], oldestSeconds: 301 }), ['outbox_stuck'], false],
    [
      'of which one channel fails',
      look({ channels: [channel, failing], oldestSeconds: 301 }),
      ['outbox_backlog'],
      true,
    ],
    ['whose channel fails for a moment', look({ channels: [failing], oldestSeconds: 10 }), [], true],
    ['whose channels nobody has tried yet', look({ channels: [untried] }), ['no_verified_channel'], true],
    [
      'whose channels nobody has tried in days',
      look({ channels: [untried] }, { uptime: 2 * DAY }),
      ['no_verified_channel'],
      false,
    ],
    [
      'whose channels do not work any more',
      look({ channels: [{ ...channel, isVerified: false }] }),
      ['no_verified_channel'],
      false,
    ],
  ])('%s', (_what, found, faults, well) => {
    expect(found).toEqual({ faults, isWell: well });
  });
});
