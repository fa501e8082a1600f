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
    ['stale', { last_success_at: ago(-8760) }, {}],
    ['unproved', { last_verified_at: ago(-8760) }, {}],
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
    const pointOf = (last_snapshot_at: Date | null, receiver_through: Date | null): Date | null =>
      recoveryPointOf({ last_snapshot_at, receiver_through, now: NOW });
    expect(pointOf(null, null)).toBeNull();
    expect(pointOf(ago(5), null)).toEqual(ago(5));
    expect(pointOf(ago(5), ago(1))).toEqual(ago(1));
    expect(pointOf(ago(5), ago(9))).toEqual(ago(5));
    // A clock was a year ahead.
    expect(pointOf(ago(-8760), ago(9))).toEqual(ago(9));
    expect(pointOf(ago(-8760), null)).toBeNull();
  });
});
