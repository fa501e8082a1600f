import { describe, expect, it } from '@jest/globals';
import { parsePromql } from '../../rules/promql/parse.js';
import { needsOf } from '../../rules/promql/selectors.js';
import { evaluate } from '../promql/evaluate.js';
import { Series } from './series.js';
import { SeriesStore } from './series-store.js';

const expression = parsePromql('sum(increase(asked_total{who!="cat"}[1m]))');
const asked = (who: string, value: number) => ({ labels: { __name__: 'asked_total', who }, value });
const newStore = (bounds = { series: 10, bytes: 2 ** 20 }): SeriesStore => new SeriesStore(needsOf(expression), bounds);
const value = (store: SeriesStore, at: number): number | undefined => evaluate(expression, store, at)[0]?.value;
const always = (): boolean => true;

describe('the store of series', () => {
  it('keeps what a rule reads, and for as long as it reads back', () => {
    const store = newStore();
    for (let at = 0; at <= 600_000; at += 15_000)
      store.take(at, [asked('dad', at), asked('cat', at), { labels: { __name__: 'other' }, value: 1 }], always);
    expect(store.size).toBe(1);
    expect(store.all()[0]?.length).toBeLessThanOrEqual(9);
    expect(store.isNeeded('asked_total')).toBe(true);
    expect(store.isNeeded('other')).toBe(false);
  });

  it('a series that is not measured any more has ended, and is forgotten later', () => {
    const store = newStore();
    store.take(0, [asked('dad', 1)], always);
    store.take(15_000, [], always);
    expect(store.latest(needsOf(expression)[0]?.matchers ?? [], 0, 15_000)).toEqual([]);
    store.sweep(1_000_000);
    expect([store.size, store.bytes]).toEqual([0, 0]);
  });

  it('is bounded, and says how much it refused', () => {
    const store = newStore({ series: 3, bytes: 2 ** 20 });
    store.take(
      0,
      ['a', 'b', 'c', 'd', 'e'].map((who) => asked(who, 1)),
      always,
    );
    expect([store.size, store.refused]).toEqual([3, 2]);
    store.take(15_000, [asked('a', 2)], always);
    expect(store.refused).toBe(0);
    const small = newStore({ series: 100, bytes: 2000 });
    small.take(
      0,
      ['a', 'b', 'c', 'd', 'e'].map((who) => asked(who, 1)),
      always,
    );
    expect([small.size, small.refused]).toEqual([2, 3]);
    expect(small.bytes).toBeLessThanOrEqual(2000);
  });

  it('has room for what says that it has none, once', () => {
    const store = new SeriesStore(needsOf(parsePromql('{__name__=~".+"}')), { series: 2, bytes: 2 ** 20 });
    const own = (process: string) => ({
      labels: { __name__: 'family_assistant_alert_series_refused', process },
      value: 1,
    });
    store.take(0, [asked('a', 1), asked('b', 1), asked('c', 1), own('1'), own('2')], always);
    expect(store.all().map(({ labels }) => labels['who'] ?? labels['process'])).toEqual(['a', 'b', '1']);
    expect(store.refused).toBe(2);
  });

  it.each([-3_600_000, 3_600_000])('goes on when the clock is set by %d ms', (jump) => {
    const store = newStore();
    let now = 10_000_000;
    let total = 0;
    const step = (): void => {
      store.take((now += 15_000), [asked('dad', (total += 3))], always);
    };
    for (let times = 0; times < 10; times += 1) step();
    expect(value(store, now)).toBeCloseTo(12);
    store.shift(jump);
    now += jump;
    step();
    expect(value(store, now)).toBeCloseTo(12);
  });

  it('comes back as it was saved', () => {
    const store = newStore();
    for (let at = 0; at < 60_000; at += 15_000) store.take(at, [asked('dad', at)], always);
    store.take(60_000, [], always);
    const [series] = store.all();
    if (!series) throw new Error('there is none');
    const other = newStore();
    other.adopt(series.labels, (keep) => Series.unpack(series.labels, keep, series.pack()));
    expect(other.all()[0]?.pack()).toEqual(series.pack());
    expect(() => Series.unpack(series.labels, 1, { ...series.pack(), marks: '' })).toThrow(RangeError);
  });
});
