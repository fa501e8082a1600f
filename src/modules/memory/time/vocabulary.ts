import { type Kind } from './atoms.js';
import { type Holiday, HOLIDAY_NAMES } from './holidays.js';

type Meaning = readonly [Kind, number];

/** A word or phrase (accents and capitals taken off) and the atoms it stands for. */
export type Vocabulary = Readonly<Record<string, readonly Meaning[]>>;

/** `words('month', ['january|jan', ...], 1)`: names for 1, 2, ...; several names of one value are parted by `|`. */
export function words(kind: Kind, names: readonly string[], first = 0): Vocabulary {
  const entries = names.flatMap((same, i) =>
    same.split('|').map((name) => [name, [[kind, first + i] satisfies Meaning]] as const),
  );
  return Object.fromEntries(entries);
}

/** Words that all mean the same to the grammar. */
export function same(kind: Kind, names: string, value = 0): Vocabulary {
  return Object.fromEntries(names.split('|').map((name) => [name, [[kind, value]]]));
}

/** Names of holidays. */
export function feasts(kind: 'holiday' | 'feast', names: Partial<Record<Holiday, string>>): Vocabulary {
  return Object.assign(
    {},
    ...Object.entries(names).map(([holiday, phrase]) => same(kind, phrase, HOLIDAY_NAMES.indexOf(holiday as Holiday))),
  ) as Vocabulary;
}

/** A word of two meanings at once: "tonight" is today and night. */
export function both(kind: Kind, value: number, second: Kind, secondValue: number): readonly Meaning[] {
  return [
    [kind, value],
    [second, secondValue],
  ];
}
