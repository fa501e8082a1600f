import { describe, expect, it } from '@jest/globals';
import { alertOf, BEGUN, over } from '../support/alerting/delivery.js';
import type { Alert } from '../../src/modules/alerting/alert.js';
import { Book } from '../../src/modules/alerting/delivery/book.js';
import { MOST_EPISODES, takenBy, type Taken } from '../../src/modules/alerting/delivery/intake.js';
import { keyOf } from '../../src/modules/alerting/delivery/records.js';

function take(book: Book, ...alerts: Alert[]): Taken {
  const taken = takenBy(book, alerts, BEGUN + 1);
  for (const entry of taken.entries) book.apply({ ...entry, at: BEGUN }, 0);
  return taken;
}
const kinds = ({ entries }: Taken): string[] => entries.map(({ t }) => t);
const firing = (book: Book): string[] => [...book.current.values()];

describe('what is handed in', () => {
  const alert = alertOf('down');
  const later = { ...alert, startsAt: BEGUN + 60_000 };

  it('is written once, however often it comes, unless its words change', () => {
    const book = new Book();
    expect(kinds(take(book, alert, alert))).toEqual(['fires']);
    expect(take(book, alert)).toMatchObject({ entries: [], seen: [keyOf(alert)] });
    expect(kinds(take(book, { ...alert, annotations: { summary: 'Worse' } }))).toEqual(['fires']);
    expect(book.history.size).toBe(1);
  });

  it('as over is so once, and says nothing of what nobody knows', () => {
    const book = new Book();
    expect(kinds(take(book, over(alert)))).toEqual([]);
    take(book, alert);
    expect(kinds(take(book, over(alert)))).toEqual(['over']);
    expect(kinds(take(book, over(alert)))).toEqual([]);
    expect(firing(book)).toEqual([]);
  });

  it('with a later start ends the episode before; with an earlier one is that of before', () => {
    const book = new Book();
    take(book, alert);
    expect(kinds(take(book, later))).toEqual(['over', 'fires']);
    expect(firing(book)).toEqual([keyOf(later)]);
    expect(kinds(take(book, alert))).toEqual([]);
    expect(kinds(take(book, over(alert)))).toEqual([]);
    expect(firing(book)).toEqual([keyOf(later)]);
  });

  it('again after it was over goes on as the same episode', () => {
    const book = new Book();
    take(book, alert);
    take(book, over(alert));
    take(book, alert);
    expect(firing(book)).toEqual([keyOf(alert)]);
    expect(book.episodes.size).toBe(1);
  });

  it('beyond the bound is refused, and what is known goes on', () => {
    const book = new Book();
    const many = Array.from({ length: MOST_EPISODES }, (_, n) => alertOf('down', { labels: { n: String(n) } }));
    expect(take(book, ...many).refused).toBe(0);
    expect(take(book, alertOf('another'))).toMatchObject({ entries: [], refused: 1 });
    expect(kinds(take(book, ...many.slice(0, 1).map((one) => over(one))))).toEqual(['over']);
  });
});

describe('history that nobody takes', () => {
  it('is bounded, and what was dropped is counted', () => {
    const { history } = new Book();
    const entry = (n: number) => ({ id: String(n), kind: 'began', at: n, alert: alertOf('down') }) as const;
    for (let n = 1; n <= 10_005; n += 1) history.add(entry(n));
    expect([history.size, history.dropped]).toEqual([10_000, 5]);
    const [first] = history.waiting(1);
    expect(first).toMatchObject({ number: 6, entry: { id: '6' } });
    history.stored(10_000);
    expect([...history.waiting()].map(({ number }) => number)).toEqual([10_001, 10_002, 10_003, 10_004, 10_005]);
  });
});
