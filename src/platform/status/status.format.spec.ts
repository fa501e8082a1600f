import { describe, expect, it } from '@jest/globals';
import { ceilingOf } from './chart.js';
import { html, type Html } from './html.js';
import { ageOf, detailsOf, durationOf, valueOf } from './status.format.js';
import { statusLanguage } from './status.language.js';

describe('values on the status page', () => {
  const now = new Date('2026-03-01T12:00:00Z');

  it.each([
    [0, 'now', 'ahora'],
    [-59, '59 seconds ago', 'hace 59 segundos'],
    [-7200, '2 hours ago', 'hace 2 horas'],
    [-3 * 86_400, '3 days ago', 'hace 3 días'],
    [90, 'in 1 minute', 'dentro de 1 minuto'],
  ])('a moment %i seconds away is told by its age', (seconds, en, es) => {
    const moment = new Date(now.getTime() + seconds * 1000);
    expect([ageOf(moment, now, 'en'), ageOf(moment, now, 'es')]).toEqual([en, es]);
  });

  it.each([
    [0, '0 ms'],
    [0.0042, '4.2 ms'],
    [0.9, '900 ms'],
    [2.44, '2.4 sec'],
    [5400, '1.5 hr'],
    [172_800, '2 days'],
  ])('a duration of %d seconds has a unit that fits', (seconds, expected) => {
    expect(durationOf(seconds, 'en')).toBe(expected);
  });

  it('numbers are written as the language does, what is not there is a dash', () => {
    expect([valueOf(12_345, 'en'), valueOf(12_345, 'es'), valueOf(null, 'en')]).toEqual(['12,345', '12.345', '–']);
  });

  it('details of indicators are told in a line, without what has parts of its own', () => {
    expect(detailsOf({ kind: 'embedded', free_mib: 5120, looked_ms_ago: 3, pool: { size: 1 }, none: null }, 'en')).toBe(
      'kind embedded · free 5,120 MiB · looked 3 ms ago',
    );
  });

  it('the language is the first of the browser’s that there is', () => {
    expect(['es-MX,en', 'de, es;q=0.5', 'de', undefined].map(statusLanguage)).toEqual(['es', 'es', 'en', 'en']);
  });
});

describe('the scale of a chart', () => {
  it.each([
    [[], 1],
    [[0], 1],
    [[0.03, 0.011], 0.05],
    [[1], 1],
    [[101, 3], 200],
    [[730], 1000],
  ])('of %j goes up to %d', (values, expected) => {
    expect(ceilingOf(values)).toBeCloseTo(expected, 10);
  });
});

describe('html', () => {
  it('escapes what stands in it, also in attributes, and nothing twice', () => {
    const inner = html`<b title="${`"'`}">${'<&>'}</b>`;
    expect(html`${inner}${[inner]}${1}`.text).toBe(`${inner.text}${inner.text}1`);
    expect(inner.text).toBe('<b title="&quot;&#39;">&lt;&amp;&gt;</b>');
  });

  it('replaces control characters, and keeps ends of lines', () => {
    expect(html`${'a\u0000b\u001b\u0085\n\tc'}`.text).toBe('a\ufffdb\ufffd\ufffd\n\tc');
  });

  it('takes nothing for HTML that was not made by it', () => {
    const foreign = { text: '<b>' } as unknown as Html;
    expect(() => html`${foreign}`).toThrow();
    expect(() => html`${[foreign]}`).toThrow();
  });
});
