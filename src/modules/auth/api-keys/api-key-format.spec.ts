import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hashOfApiKey, hintOf, newApiKey } from './api-key-format.js';

describe('an API key', () => {
  it('is fa_live_, 30 characters and a checksum, and another one each time', () => {
    const keys = Array.from({ length: 200 }, newApiKey);
    for (const key of keys) expect(key).toMatch(/^fa_live_[0-9A-Za-z]{36}$/);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is known by its SHA-256', () => {
    const key = newApiKey();
    expect(hashOfApiKey(key)).toEqual(createHash('sha256').update(key).digest());
    expect(key.slice(8, 12)).toBe(hintOf(key));
  });

  it('has the checksum that other programs compute', () => {
    // Python: zlib.crc32(b'fa_live_' + b'0' * 30), in base 62
    expect(hashOfApiKey('fa_live_0000000000000000000000000000000GQdik')).toBeDefined();
  });

  it('with one character changed is none', () => {
    fc.assert(
      fc.property(fc.nat(43), fc.constantFrom(...'0123456789ABCXYZabcxyz_-'), (place, letter) => {
        const key = newApiKey();
        const changed = key.slice(0, place) + letter + key.slice(place + 1);
        expect(hashOfApiKey(changed) === undefined).toBe(changed !== key);
      }),
    );
  });

  it.each([
    '',
    'fa_live_',
    'fa_test_000000000000000000000000000000000000',
    `${newApiKey()} `,
    `${newApiKey()}\n`,
    `${newApiKey()}0`,
    newApiKey().slice(0, -1),
    newApiKey().toUpperCase(),
    `${newApiKey()}, ${newApiKey()}`,
    'Bearer x',
    "' OR 1=1 --",
    'é'.repeat(44),
    'a'.repeat(100_000),
  ])('is not %j', (text) => {
    expect(hashOfApiKey(text)).toBeUndefined();
  });
});
