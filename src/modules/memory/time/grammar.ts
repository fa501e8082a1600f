import { type Temporal } from 'temporal-polyfill';
import { type Atom, type Kind, KINDS } from './atoms.js';
import { type Bounded, type Span } from './calendar.js';

/** What a time expression depends on besides its words. */
export interface Context {
  readonly today: Temporal.PlainDate;
  readonly now: Temporal.PlainDateTime;
  /** Where "in May" and "on Tuesday" lie when nothing says it: 1 when the text speaks of the future. */
  readonly direction: -1 | 1;
  readonly hemisphere: 'north' | 'south';
}

/** The atoms a rule has matched, asked for by kind. */
export class Match {
  constructor(private readonly atoms: readonly Atom[]) {}

  /** Value of the nth atom of a kind. */
  value(kind: Kind, nth = 0): number | undefined {
    return this.atoms.filter((atom) => atom.kind === kind)[nth]?.value;
  }

  /** Value of the nth atom of any of these kinds, which the pattern demands. */
  need(kinds: readonly Kind[], nth = 0): number {
    const value = this.atoms.filter(({ kind }) => kinds.includes(kind))[nth]?.value;
    if (value === undefined) throw new TypeError(`The pattern demands ${kinds.join(' or ')}`);
    return value;
  }

  /** What earlier rules understood, in order. Open spans are made last, so these have both ends. */
  get spans(): Bounded[] {
    return this.atoms.flatMap(({ span }) => (span?.from && span.to ? [{ ...span, from: span.from, to: span.to }] : []));
  }
}

type Build = (match: Match, context: Context) => Span | null;

export interface Rule {
  readonly source: string;
  readonly pattern: RegExp;
  readonly build: Build;
  /** What the matched atoms become; by default `day` for one day and `point` for anything else. */
  readonly makes: Kind | undefined;
}

/** One letter stands for each kind, so that a text is a string of kinds and a rule a regular expression over it. */
const LETTERS = new Map<string, string>(KINDS.map((kind, i) => [kind, String.fromCodePoint(0x100 + i)]));
const letterOf = (kind: string): string => {
  const letter = LETTERS.get(kind);
  if (letter === undefined) throw new TypeError(`No such kind of atom: ${kind}`);
  return letter;
};

/**
 * A rule of the grammar. The pattern is a regular expression whose letters are the names of kinds:
 * `the? which unit (?!of)`. Patterns have no unbounded repetition, which keeps the whole linear.
 */
export function rule(pattern: string, build: Build, makes?: Kind): Rule {
  const source = pattern.replace(/[a-z]+/gi, letterOf).replace(/\s/g, '');
  return { source, pattern: new RegExp(source, 'y'), build, makes };
}

/** A set of rules, and one expression that finds where any of them may begin. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly gate: RegExp;
}

export function ruleSet(rules: readonly Rule[]): RuleSet {
  return { rules, gate: new RegExp(rules.map(({ source }) => `(?:${source})`).join('|'), 'g') };
}

/** Replaces, from left to right, the longest run of atoms that a rule understands by one atom; at most `most` times. */
export function reduce(atoms: readonly Atom[], { rules, gate }: RuleSet, context: Context, most: number): Atom[] {
  const shape = atoms.map(({ kind }) => letterOf(kind)).join('');
  const reduced: Atom[] = [];
  let at = 0;
  for (let tries = 0; tries < most; tries += 1) {
    gate.lastIndex = at;
    const start = gate.exec(shape)?.index;
    if (start === undefined) break;
    reduced.push(...atoms.slice(at, start));
    const made = longest(atoms, shape, start, rules, context);
    reduced.push(...(made?.atom ?? atoms.slice(start, start + 1)));
    at = start + (made?.length ?? 1);
  }
  return [...reduced, ...atoms.slice(at)];
}

function longest(
  atoms: readonly Atom[],
  shape: string,
  start: number,
  rules: readonly Rule[],
  context: Context,
): { atom: Atom[]; length: number } | undefined {
  const candidates = rules
    .map((candidate) => {
      candidate.pattern.lastIndex = start;
      return { candidate, length: candidate.pattern.exec(shape)?.[0].length ?? 0 };
    })
    .filter(({ length }) => length > 0)
    .sort((a, b) => b.length - a.length);
  for (const { candidate, length } of candidates) {
    const used = atoms.slice(start, start + length);
    const span = candidate.build(new Match(used), context);
    const [first] = used;
    const last = used.at(-1);
    if (span !== null && first !== undefined && last !== undefined) {
      const kind = candidate.makes ?? (span.precision === 'day' ? 'day' : 'point');
      return { atom: [{ kind, value: 0, index: first.index, end: last.end, span }], length };
    }
  }
  return undefined;
}
