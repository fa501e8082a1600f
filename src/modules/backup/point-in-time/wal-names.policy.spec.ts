import { describe, expect, it } from '@jest/globals';
import { parseWalName, segmentAfter, startOf, timelineOf, walName } from './wal-names.policy.js';

const SIZE = 16 << 20;
const part = {
  system: '7412345678901234567',
  segment: '0000000200000001000000FF',
  from: 8192,
  to: SIZE,
  through: 1_795_000_000_123,
  sha256: 'ab'.repeat(32),
};

describe('names of the log', () => {
  it('say everything of a part, and sort in the order of the log', () => {
    expect(parseWalName(walName(part))).toEqual(part);
    expect([walName({ ...part, from: SIZE - 1 }), walName(part)].sort()[0]).toBe(walName(part));
    expect(parseWalName('000001-0190a1b2-c3d4-7e5f-8a9b-0123456789ab.manifest.json')).toBeUndefined();
    expect(parseWalName(`${walName(part)}.partial`)).toBeUndefined();
  });

  it('count segments beyond the end of a log file', () => {
    expect(segmentAfter('000000020000000100000009', SIZE)).toBe('00000002000000010000000A');
    expect(segmentAfter(part.segment, SIZE)).toBe('000000020000000200000000');
    expect(segmentAfter('000000010000000000000003', 1 << 30)).toBe('000000010000000100000000');
    expect(timelineOf(part.segment)).toBe(2);
    expect(startOf(part.segment, SIZE)).toBe(0x1_ff00_0000n);
  });
});
