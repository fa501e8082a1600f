import { describe, expect, it } from '@jest/globals';
import { alertOf, BEGUN } from '../support/alerting/delivery.js';
import { isMatcher, silenceOf } from '../../src/modules/alerting/delivery/matchers.js';
import type { Matcher, MatcherOperator } from '../../src/modules/alerting/delivery/ports.js';

const ALERT = alertOf('pool_exhausted', { labels: { host: 'db-1' } });
const matcher = (name: string, operator: MatcherOperator, value: string): Matcher => ({ name, operator, value });
const isSilenced = (matchers: readonly Matcher[], [from, to] = [BEGUN, BEGUN + 1000], at = BEGUN): boolean =>
  silenceOf(ALERT, [{ id: '1', matchers, startsAt: from, endsAt: to }], at) !== undefined;

describe('a silence', () => {
  it.each([
    [matcher('host', '=', 'db-1'), true],
    [matcher('host', '=', 'db'), false],
    [matcher('host', '!=', 'db-2'), true],
    [matcher('host', '!=', 'db-1'), false],
    [matcher('host', '=~', 'db-[0-9]'), true],
    [matcher('host', '=~', 'db'), false],
    [matcher('host', '!~', 'web.*'), true],
    [matcher('host', '!~', 'db.*'), false],
    [matcher('alertname', '=', 'pool_exhausted'), true],
    [matcher('severity', '=~', 'critical|warning'), true],
    [matcher('missing', '=', ''), true],
    [matcher('constructor', '=', ''), true],
    [matcher('missing', '=~', '.+'), false],
  ])('with %j covers it: %s', (one, wanted) => {
    expect(isSilenced([one])).toBe(wanted);
  });

  it.each(['((\\pL?){30}){33}b', '(a?){300}', '(?i)(\\pL?){900}.*x'])(
    'takes no pattern for which each look takes long: %s',
    (value) => {
      expect(isMatcher(matcher('host', '=~', value))).toBe(false);
      expect(isSilenced([matcher('host', '=~', value)])).toBe(false);
    },
  );

  it('takes every pattern without repetitions', () => {
    expect(isMatcher(matcher('host', '=~', 'a|b'.repeat(170)))).toBe(true);
    expect(isMatcher(matcher('host', '=~', 'DiskLow|'.repeat(64)))).toBe(true);
    expect(isMatcher(matcher('host', '=~', '.*\\.(eu|us)-(west|east)-[0-9]{1,3}'))).toBe(true);
  });

  it('compares an alert by a pattern once, however often it is looked at', () => {
    let reads = 0;
    const labels = new Proxy(
      { host: 'db-1' },
      {
        getOwnPropertyDescriptor: (target, name) => {
          reads += 1;
          return Reflect.getOwnPropertyDescriptor(target, name);
        },
      },
    );
    const silence = { id: '1', matchers: [matcher('host', '=~', 'db.*')], startsAt: BEGUN, endsAt: BEGUN + 1000 };
    const alert = { ...ALERT, labels };
    for (let look = 0; look < 5; look += 1) expect(silenceOf(alert, [silence], BEGUN)).toBe(silence);
    expect(reads).toBe(1);
  });

  it('covers what all its matchers fit, and nothing without any', () => {
    expect(isSilenced([matcher('host', '=', 'db-1'), matcher('severity', '=', 'info')])).toBe(false);
    expect(isSilenced([])).toBe(false);
  });

  it('holds from its start until just before its end', () => {
    const one = [matcher('host', '=', 'db-1')];
    expect([BEGUN - 1, BEGUN, BEGUN + 999, BEGUN + 1000].map((at) => isSilenced(one, undefined, at))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('with a pattern that cannot be used covers nothing, and one that would take for ever takes no time', () => {
    for (const value of ['(', '(?=x)', 'a'.repeat(1001)]) {
      expect(isMatcher(matcher('host', '=~', value))).toBe(false);
      expect(isSilenced([matcher('host', '!~', value)])).toBe(false);
    }
    const long = { ...ALERT, labels: { host: 'a'.repeat(10_000) } };
    const evil = { id: '1', matchers: [matcher('host', '=~', '(a+)+b')], startsAt: 0, endsAt: BEGUN * 2 };
    expect(silenceOf(long, [evil], BEGUN)).toBeUndefined();
  });
});
