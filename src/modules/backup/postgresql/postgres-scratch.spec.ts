import { describe, expect, it } from '@jest/globals';
import { keptName } from './postgres-scratch.js';

describe('the name under which a database is kept', () => {
  const at = new Date('2026-11-21T03:17:05.123Z');

  it('says of what and when', () => {
    expect(keptName('family', at)).toBe('family_before_20261121031705');
  });

  it.each(['x'.repeat(63), 'ü'.repeat(31)])('is one that PostgreSQL does not cut: %s', (name) => {
    const kept = keptName(name, at);
    expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(63);
    expect(kept).toMatch(/^[xü]{20,}_before_20261121031705$/);
  });
});
