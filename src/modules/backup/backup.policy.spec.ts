import { describe, expect, it } from '@jest/globals';
import { receiverStateOf, recoveryPointOf, stateOf, type Known } from './backup.policy.js';

const HOUR = 3_600_000;
const NOW = new Date('2026-11-21T12:00:00Z');
const ago = (hours: number): Date => new Date(NOW.getTime() - hours * HOUR);
const WELL: Known = {
  last_success_at: ago(1),
  last_verified_at: ago(1),
  last_error: null,
  last_verification_error: null,
  missing: 0,
  damaged: 0,
  now: NOW,
};
const WITH_KEY = { isEnabled: true, canVerify: true, maxAge: 26 * HOUR };

describe('how backups stand', () => {
  it.each([
    ['ok', {}, {}],
    ['off', {}, { isEnabled: false }],
    ['none', { last_success_at: null, last_verified_at: null }, {}],
    ['stale', { last_success_at: ago(27) }, {}],
    ['failing', { last_error: 'backup_disk_full' }, {}],
    ['failing', { last_verification_error: 'backup_wrong_key' }, {}],
    ['failing', { missing: 1 }, {}],
    ['failing', { damaged: 1 }, {}],
    ['not_verified', { last_verified_at: null }, { canVerify: false }],
    ['not_verified', { last_verified_at: ago(53) }, { canVerify: false }],
    ['unproved', { last_verified_at: null }, {}],
    ['unproved', { last_verified_at: ago(53) }, {}],
  ] as const)('%s', (state, known, settings) => {
    expect(stateOf({ ...WELL, ...known }, { ...WITH_KEY, ...settings })).toBe(state);
  });
});

describe('how the receiver of the log stands', () => {
  it.each([
    ['none', null, null],
    ['ok', ago(0), null],
    ['failing', ago(0), 'backup_target_away'],
    ['silent', ago(1), null],
    ['silent', ago(1), 'backup_target_away'],
  ] as const)('%s', (state, receiver_at, receiver_fault) => {
    expect(receiverStateOf({ receiver_at, receiver_fault, now: NOW })).toBe(state);
  });

  it('sets the recovery point where it has stored more than the newest backup', () => {
    expect(recoveryPointOf({ last_snapshot_at: null, receiver_through: null })).toBeNull();
    expect(recoveryPointOf({ last_snapshot_at: ago(5), receiver_through: null })).toEqual(ago(5));
    expect(recoveryPointOf({ last_snapshot_at: ago(5), receiver_through: ago(1) })).toEqual(ago(1));
    expect(recoveryPointOf({ last_snapshot_at: ago(5), receiver_through: ago(9) })).toEqual(ago(5));
  });
});
