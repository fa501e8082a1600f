import { describe, expect, it } from '@jest/globals';
import { decodeLines, encodeLine } from './line.js';

const RECORDS = [{ t: 'one' }, { t: 'two', text: 'ñ\n"x"' }, { t: 'three' }];
const [first = '', second = '', third = ''] = RECORDS.map(encodeLine);

describe('lines of the journal', () => {
  it('are read as they were written', () => {
    expect(decodeLines(first + second + third)).toEqual({ records: RECORDS, damaged: 0 });
    expect(decodeLines('')).toEqual({ records: [], damaged: 0 });
  });

  it('are left out where the last one is torn, wherever that is', () => {
    for (let at = 1; at < third.length; at += 1) {
      const { records, damaged } = decodeLines(first + second + third.slice(0, -at));
      // Without its line feed alone it is whole.
      expect([records.length, damaged]).toEqual([at === 1 ? 3 : 2, 0]);
    }
  });

  it('are skipped and counted where one in the middle has a bit turned', () => {
    for (let at = 0; at < second.length - 1; at += 1) {
      const bytes = Buffer.from(second);
      bytes[at] = (bytes[at] ?? 0) ^ 0x01;
      const { records, damaged } = decodeLines(first + bytes.toString('latin1') + third);
      expect(records).toEqual([RECORDS[0], RECORDS[2]]);
      expect(damaged).toBeGreaterThanOrEqual(1);
    }
  });
});
