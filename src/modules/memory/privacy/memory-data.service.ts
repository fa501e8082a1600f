import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import {
  inRounds,
  PrivacyRegistry,
  type FormerMembership,
  type Membership,
  type PersonalData,
  type Person,
  type Receipt,
  type Row,
  type Section,
} from '../../../platform/privacy/index.js';
import { HouseholdService, type Household } from '../household/household.service.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import type { Viewer } from '../memory.policy.js';
import { MemberProfileService } from '../profile/member-profile.service.js';
import { MemoryDataRepository, type Copy, type VersionCopy, type Whose } from './memory-data.repository.js';

/** Rows that are read, or erased, in one transaction. */
const ROUND = 500;

type Read<T> = (tx: Transaction, whose: Whose, after: T | undefined, most: number) => Promise<readonly T[]>;

/** What the memory keeps of a person, as they have it and as it goes. */
@Injectable()
export class MemoryData implements PersonalData, OnModuleInit {
  readonly stage = 'contents';

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: PrivacyRegistry,
    private readonly data: MemoryDataRepository,
    private readonly memories: MemoriesRepository,
    private readonly households: HouseholdService,
    private readonly profiles: MemberProfileService,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  sections(person: Person): readonly Section[] {
    const { data } = this;
    const ever = [...person.memberships, ...person.formerly];
    return [
      {
        name: 'memories',
        title: { en: 'Your memories, with all their versions', es: 'Sus recuerdos, con todas sus versiones' },
        rows: () => this.each<VersionCopy>(person, ever, (...args) => data.versions(...args)),
      },
      {
        name: 'memories_about_you',
        title: { en: 'What others told the family, or you, about you', es: 'Lo que otros contaron de usted' },
        rows: () => this.each<Copy>(person, person.memberships, (...args) => data.about(...args)),
      },
      {
        name: 'conversations',
        title: { en: 'Your conversations', es: 'Sus conversaciones' },
        rows: () => this.each<Copy>(person, ever, (...args) => data.conversations(...args)),
      },
      {
        name: 'turns',
        title: { en: 'What was said', es: 'Lo que se dijo' },
        rows: () => this.each<Copy>(person, ever, (...args) => data.turns(...args)),
      },
      {
        name: 'profile',
        title: { en: 'Your profile, as it follows from what is remembered', es: 'Su perfil, según lo recordado' },
        rows: () => this.profile(person),
      },
    ];
  }

  async erase({ memberships, formerly }: Person, receipt: Receipt): Promise<void> {
    for (const { familyId, memberId, isErased } of memberships)
      await this.empty({ familyId, memberId: isErased ? null : memberId }, receipt);
    for (const { familyId, memberId } of formerly) await this.empty({ familyId, memberId }, receipt);
  }

  private async empty(whose: Whose, receipt: Receipt): Promise<void> {
    const { data } = this;
    await this.rounds(whose, async (tx) => {
      const erased = await data.eraseMemories(tx, whose, ROUND);
      await receipt.add(tx, 'memories', erased);
      return erased;
    });
    await this.rounds(whose, async (tx) => {
      // Few at a time: a conversation can have any number of turns.
      const { conversations, turns } = await data.eraseConversations(tx, whose, 10);
      await receipt.add(tx, 'conversations', conversations);
      await receipt.add(tx, 'turns', turns);
      return conversations;
    });
    await this.rounds(whose, async (tx) => {
      const erased = await data.eraseTurns(tx, whose, ROUND);
      await receipt.add(tx, 'turns', erased);
      return erased;
    });
    if (whose.memberId === null) return;
    await this.runner.runAsWorker(whose.familyId, async (tx) => {
      await receipt.add(tx, 'memory_versions', await data.erasePast(tx, whose));
      await data.eraseRest(tx, whose);
      await this.memories.changed(tx, whose.familyId);
    });
  }

  /** Until nothing is left; whoever asks meanwhile is answered from what is left. */
  private async rounds({ familyId }: Whose, work: (tx: Transaction) => Promise<number>): Promise<void> {
    const round = (): Promise<number> =>
      this.runner.runAsWorker(familyId, async (tx) => {
        const erased = await work(tx);
        if (erased > 0) await this.memories.changed(tx, familyId);
        return erased;
      });
    while ((await round()) > 0) continue;
  }

  private async *each<T extends Row>(
    { askedBy }: Person,
    members: readonly (Membership | FormerMembership)[],
    read: Read<T>,
  ): AsyncGenerator<Row> {
    for (const member of members)
      yield* inRounds<T>((last) =>
        this.runner.runAsWorker(member.familyId, async (tx) => {
          const scopes = askedBy === undefined ? undefined : await this.scopesOf(tx, member.familyId, askedBy);
          return read(tx, { ...member, scopes }, last, ROUND);
        }),
      );
  }

  /** Read anew each time: what is being hidden from whoever asked comes into no further round. */
  private async scopesOf(tx: Transaction, familyId: string, userId: string): Promise<readonly string[]> {
    const household = await this.households.read(tx, familyId);
    const viewer = viewerOf(household, userId);
    return viewer ? this.households.readableScopes(tx, { ...household, viewer }) : [];
  }

  private async *profile({ memberships, askedBy }: Person): AsyncGenerator<Row> {
    for (const membership of memberships)
      yield await this.runner.runAsWorker(membership.familyId, (tx) => this.profileOf(tx, membership, askedBy));
  }

  private async profileOf(tx: Transaction, { familyId, memberId, role }: Membership, askedBy?: string): Promise<Row> {
    const household = await this.households.read(tx, familyId);
    const asker = askedBy === undefined ? undefined : viewerOf(household, askedBy);
    if (askedBy !== undefined && !asker) return { family_id: familyId };
    const insider = { ...household, viewer: { familyId, memberId, role } };
    const fields = await this.profiles.learned(tx, insider, memberId, asker);
    return { family_id: familyId, ...Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== null)) };
  }
}

/** The member that an account is, as whoever looks. */
function viewerOf({ familyId, people }: Household, userId: string): Viewer | undefined {
  const member = [...people.values()].find((each) => each.userId === userId);
  return member && { familyId, memberId: member.id, role: member.role };
}
