import { type Mood } from '../language/grammar.js';

/**
 * A way to say something: after one of the verbs, what follows matches `rest` (folded text). Each named group is a
 * predicate and holds its object.
 */
export interface Rule {
  readonly rest: RegExp;
  /** Happens at a moment: the past tense tells of a beginning that lasts ("moved to", "became"); `becoming`: not with
   * verbs of being and having ("was a teacher"). */
  readonly begins?: true | 'becoming';
  /** Objects that are said without being a part of the text. */
  readonly set?: Readonly<Record<string, string>>;
  /** The objects that are over then; `*` every one. */
  readonly ends?: Readonly<Record<string, string>>;
  /** The predicate that a negation asserts ("doesn't like X" is a dislike); null: a negation says nothing. */
  readonly negative?: string | null;
  /** Only with a "no", which makes it an assertion: "can't stand". */
  readonly needsNo?: true;
  /** Only in these moods. */
  readonly moods?: readonly Mood[];
  /** Only where the sentence speaks of that. */
  readonly heard?: RegExp;
  /** Groups whose value this ends ("left Tesco"). */
  readonly closes?: true;
}

export type Rules = ReadonlyMap<string, readonly Rule[]>;

/** A rule as it is written down: verbs, what follows them, and what is special. */
export type Line = readonly [verbs: string, rest: RegExp, options?: Omit<Rule, 'rest'>];

/** Rules by verb, in the order in which they are tried. */
export function rulesOf(lines: readonly Line[]): Rules {
  const rules = new Map<string, Rule[]>();
  for (const [verbs, rest, options] of lines) {
    const rule: Rule = { ...options, rest: new RegExp(rest, `d${rest.flags}`) };
    for (const verb of verbs.split(' ')) rules.set(verb, [...(rules.get(verb) ?? []), rule]);
  }
  return rules;
}

/** "my favourite food is sushi": an owned noun and the predicate it names. */
export type Attributes = readonly (readonly [noun: RegExp, predicate: string])[];
