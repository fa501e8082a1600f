import { type Context, type Person } from '../facts.types.js';
import { fold, type Word } from '../language/fold.js';
import { conceptKey } from '../lexicon/concepts.js';
import { type Kin } from '../lexicon/kinship.js';
import { genderOf, type Gender, isShortFor } from '../lexicon/names.js';

/** Somebody a clause speaks of; without a person it is somebody outside the family, or nobody could tell who. */
export interface Who {
  readonly person: Person | null;
  readonly gender: Gender | null;
}

export const NOBODY: Who = { person: null, gender: null };

interface Member {
  readonly person: Person;
  readonly first: string;
  readonly gender: Gender | null;
  readonly names: ReadonlySet<string>;
}

const YOUNG = new Set<Person['role']>(['child', 'teenager']);
const younger = /^(?:little|younger|small|baby|pequen[oa]s?|menor(?:es)?|chic[oa])$/;
const older = /^(?:big|older|elder|mayor(?:es)?|grande)$/;
const youngest = /^(?:youngest|little|baby|pequen[oa]|menor|chic[oa])$/;
const oldest = /^(?:oldest|eldest|big|mayor|grande|older|elder)$/;

/** The names of one family; made once, for all that is said in it. */
class Register {
  readonly members: readonly Member[];
  private readonly aliases = new Map<string, Member[]>();
  /** Words that were looked up; a family's talk has few that are asked for as names. */
  private readonly asked = new Map<string, readonly Member[]>();

  constructor(family: readonly Person[]) {
    this.members = family.map((person) => {
      const first = fold(person.firstName);
      const names = new Set([first, ...person.nicknames.map(fold)]);
      if (person.lastName) names.add(`${first} ${fold(person.lastName)}`);
      return { person, first, gender: genderOf(first, person.pronouns), names };
    });
    for (const member of this.members)
      for (const name of member.names) this.aliases.set(name, [...(this.aliases.get(name) ?? []), member]);
  }

  /** Who bears the folded name; single words may be short or pet forms. */
  named(text: string, isWord: boolean): readonly Member[] {
    const bearers = this.aliases.get(text);
    if (bearers || !isWord) return bearers ?? [];
    let found = this.asked.get(text);
    if (!found) {
      found = this.members.filter(
        ({ first }) => isShortFor(text, first) || isShortFor(text, first.split(' ')[0] ?? ''),
      );
      if (this.asked.size >= ASKED_LIMIT) this.asked.clear();
      this.asked.set(text, found);
    }
    return found;
  }
}

const ASKED_LIMIT = 2000;
const registers = new WeakMap<readonly Person[], Register>();

function registerOf(family: readonly Person[]): Register {
  const register = registers.get(family) ?? new Register(family);
  registers.set(family, register);
  return register;
}

/** The members of a family, by name and by kinship. Resolves only where exactly one fits. */
export class People {
  readonly speaker: Who;
  readonly subject: Who | null;
  private readonly members: readonly Member[];
  private readonly register: Register;

  constructor(private readonly context: Context) {
    this.register = registerOf(context.family);
    this.members = this.register.members;
    this.speaker = this.who(context.speaker);
    this.subject = context.subject ? this.who(context.subject) : null;
  }

  /** A person with what is known of their gender. */
  who(person: Person | null): Who {
    if (!person) return NOBODY;
    return { person, gender: genderOf(fold(person.firstName), person.pronouns) };
  }

  /** A member by id. */
  byId(id: string | null): Who {
    return this.who(this.members.find(({ person }) => person.id === id)?.person ?? null);
  }

  /** The member named at a word, by first or full name, nickname or pet form; `who` is nobody when several bear the name. */
  named(words: readonly Word[], at: number): { who: Who; next: number } | null {
    for (const length of [3, 2, 1]) {
      const slice = words.slice(at, at + length);
      if (slice.length < length) continue;
      const text = slice.map((word) => word.text).join(' ');
      const found = this.register.named(text, length === 1);
      if (found.length > 0) return { who: this.only(found), next: at + length };
    }
    return null;
  }

  /** Whether a folded word is a name in this family. */
  isName(word: string): boolean {
    return this.register.named(word, true).length > 0;
  }

  private only(found: readonly Member[]): Who {
    const [first] = found;
    return found.length === 1 && first ? this.who(first.person) : NOBODY;
  }

  /**
   * The members who are that kin to the owner (the speaker's family when null); `described` are the words between, as
   * "little" in "my little brother". One for a singular that fits exactly one, none when it is unclear.
   */
  kin(kin: Kin, owner: Person | null, described: readonly string[] = []): Who[] {
    if (kin.tie === 'outsider') return this.knownKin(kin, owner);
    const known = this.knownKin(kin, owner);
    if (known.length > 0) return known;
    let found = this.candidates(kin, owner).filter(({ gender }) => !kin.gender || !gender || gender === kin.gender);
    if (kin.plural) return found.map(({ person }) => this.who(person));
    found = this.byAge(found, owner, described);
    const [one] = found;
    return found.length === 1 && one ? [this.who(one.person)] : [];
  }

  /** Whether somebody named can be that kin to the owner: "my brother Leo" of a father is not his son Leo. */
  isKin(who: Who, kin: Kin, owner: Person | null): boolean {
    if (!owner || !who.person) return true;
    const ids = [
      ...this.candidates(kin, owner).map(({ person }) => person),
      ...this.knownKin(kin, owner).map(({ person }) => person),
    ];
    return ids.includes(who.person);
  }

  private knownKin(kin: Kin, owner: Person | null): Who[] {
    const ids = (this.context.known ?? [])
      .filter(({ subjectId, relation }) => subjectId === owner?.id && relation === kin.relation)
      .map(({ objectId }) => objectId);
    const found = this.members.filter(({ person }) => ids.includes(person.id));
    return found.length === 1 || kin.plural ? found.map(({ person }) => this.who(person)) : [];
  }

  private candidates(kin: Kin, owner: Person | null): Member[] {
    const others = this.members.filter(({ person }) => person.id !== owner?.id);
    const role = (...roles: Person['role'][]): Member[] => others.filter(({ person }) => roles.includes(person.role));
    const isYoung = owner !== null && YOUNG.has(owner.role);
    switch (kin.tie) {
      case 'parent':
        if (owner?.role !== 'parent') return owner?.role === 'grandparent' ? [] : role('parent');
        // A grandparent who is known as a parent of somebody else is an in-law.
        return role('grandparent').filter(({ person }) => !this.isParentOfAnother(person, owner));
      case 'child':
        return owner?.role === 'grandparent' ? role('parent') : isYoung ? [] : role('child', 'teenager');
      case 'sibling':
        return isYoung ? role('child', 'teenager') : [];
      case 'partner':
        return owner && !isYoung ? role(owner.role) : [];
      case 'grandparent':
        return owner?.role === 'grandparent' ? [] : role('grandparent');
      case 'grandchild':
        return owner?.role === 'grandparent' || owner === null ? role('child', 'teenager') : [];
      case 'outsider':
        return [];
    }
  }

  private isParentOfAnother(person: Person, owner: Person): boolean {
    const ties = (this.context.known ?? []).filter(
      ({ objectId, relation }) => objectId === person.id && /^(?:mother|father|parent)$/.test(relation),
    );
    return ties.length > 0 && !ties.some(({ subjectId }) => subjectId === owner.id);
  }

  private byAge(found: readonly Member[], owner: Person | null, described: readonly string[]): Member[] {
    const born = ({ person }: Member): string => person.birthDate ?? '';
    const known = found.filter((member) => born(member) !== '');
    const is = (words: RegExp): boolean => described.some((word) => words.test(word));
    if (is(/^(?:teenage|adolescente)$/)) return found.filter(({ person }) => person.role === 'teenager');
    const sibling = owner !== null && YOUNG.has(owner.role) && owner.birthDate !== null;
    if (sibling && is(younger)) return known.filter((member) => born(member) > (owner.birthDate ?? ''));
    if (sibling && is(older)) return known.filter((member) => born(member) < (owner.birthDate ?? ''));
    if (found.length > 1 && known.length === found.length) {
      const sorted = [...known].sort((a, b) => (born(a) < born(b) ? -1 : 1));
      if (is(oldest)) return sorted.slice(0, 1);
      if (is(youngest)) return sorted.slice(-1);
    }
    return [...found];
  }

  /** Children born on one day. */
  twins(): Who[] {
    const days = Map.groupBy(
      this.members.filter(({ person }) => YOUNG.has(person.role) && person.birthDate),
      ({ person }) => person.birthDate,
    );
    const pairs = [...days.values()].filter((members) => members.length > 1);
    return pairs.length === 1 ? (pairs[0] ?? []).map(({ person }) => this.who(person)) : [];
  }

  /** Who keeps the pet of that name, as far as known. */
  keeperOf(name: string): Who | null {
    const pet = (this.context.known ?? []).find(
      (known) =>
        known.relation === 'pet' &&
        known.name &&
        fold(known.name)
          .split(' ')
          .some((word) => word === name || conceptKey(word) === name),
    );
    const keeper = pet && this.members.find(({ person }) => person.id === pet.subjectId);
    return keeper ? this.who(keeper.person) : null;
  }
}
