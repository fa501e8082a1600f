import { Injectable } from '@nestjs/common';
import type { Member } from '../../family/index.js';
import { claimsOf, type Claim } from '../recording/draft.js';
import { PREDICATES, understand, type Person } from '../facts/index.js';
import type { Household } from '../household/household.service.js';
import type { ContentLanguage } from '../memory.entity.js';
import { findTimes } from '../time/index.js';

/** A text with who says it, of whom, and when. */
export interface Utterance {
  readonly content: string;
  readonly language: ContentLanguage;
  readonly speakerId: string | null;
  readonly subjectId?: string | null;
  readonly saidAt: Date;
}

/** Reads claims from texts with what is known of the household. */
@Injectable()
export class UnderstandingService {
  read(
    { content, language, speakerId, subjectId = null, saidAt }: Utterance,
    { people, timeZone }: Household,
    nicknames: ReadonlyMap<string, readonly string[]> = new Map(),
  ): { readonly claim: Claim; readonly span: string; readonly confidence: number }[] {
    const family = [...people.values()].map((member) => toPerson(member, nicknames.get(member.id) ?? []));
    const person = (id: string | null): Person | null => family.find((one) => one.id === id) ?? null;
    const statements = understand(content, {
      speaker: person(speakerId),
      subject: person(subjectId),
      family,
      ...(language === 'simple' ? {} : { language }),
      saidAt,
      timeZone,
      readTime: (text, now, zone) =>
        findTimes(text, { now, timeZone: zone, languages: language === 'es' ? ['es', 'en'] : ['en', 'es'] }).flatMap(
          ({ from, to }) => (from && to ? [{ from, to }] : []),
        ),
    });
    return claimsOf(statements, (predicate) => PREDICATES.get(predicate)?.cardinality);
  }
}

const toPerson = (member: Member, nicknames: readonly string[]): Person => ({
  id: member.id,
  firstName: member.firstName,
  lastName: member.lastName,
  nicknames,
  role: member.role,
  ageGroup: member.ageGroup,
  birthDate: member.birthDate,
});
