import { describe, expect, it } from '@jest/globals';
import { hashDeviceCode, newDeviceCode } from './device-code.js';
import { isObviousPin, livesOnDevices, mayHaveDevices } from './devices.policy.js';

describe('PINs', () => {
  it.each(['0000', '1111', '1234', '4321', '98765432', '0123'])('%s is obvious', (pin) => {
    expect(isObviousPin(pin)).toBe(true);
  });
  it.each(['1357', '1112', '2580', '9012', '1122'])('%s is not', (pin) => {
    expect(isObviousPin(pin)).toBe(false);
  });
});

describe('devices', () => {
  it('are for minors whose account has no other way in', () => {
    expect((['parent', 'grandparent', 'teenager', 'child'] as const).filter(mayHaveDevices)).toEqual([
      'teenager',
      'child',
    ]);
    const bare = { email: null, hasPassword: false, identities: 0 };
    expect(livesOnDevices(bare)).toBe(true);
    expect(livesOnDevices({ ...bare, hasPassword: true })).toBe(false);
    expect(livesOnDevices({ ...bare, email: 'leo@example.org' })).toBe(false);
    expect(livesOnDevices({ ...bare, identities: 1 })).toBe(false);
  });
});

describe('device codes', () => {
  it('have eight letters that nobody mistakes, and are read however they are typed', () => {
    for (let round = 0; round < 200; round += 1) {
      const code = newDeviceCode();
      expect(code).toMatch(/^[34679ACDEFGHJKMNPQRTWXY]{4}-[34679ACDEFGHJKMNPQRTWXY]{4}$/);
      for (const typed of [code.toLowerCase(), code.replace('-', ' '), ` ${code.replace('-', '')}\n`])
        expect(hashDeviceCode(typed)).toEqual(hashDeviceCode(code));
    }
  });
});
