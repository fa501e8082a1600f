import { Injectable, type OnModuleInit } from '@nestjs/common';
import { microsOf, type Transaction, TransactionRunner } from '../../../platform/database/index.js';
import { JobRegistry, type BatchContext, type Job } from '../../../platform/jobs/index.js';
import { MemoryMetrics } from '../cache/memory-metrics.service.js';
import type { Turn } from '../conversations/conversation.entity.js';
import { ConversationsRepository } from '../conversations/conversations.repository.js';
import type { Draft } from '../recording/draft.js';
import { PREDICATES } from '../facts/index.js';
import { HouseholdService, type Household } from '../household/household.service.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import { EXTRACT } from '../memory.jobs.js';
import { authorityOf } from '../memory.policy.js';
import { ProposalService } from '../model/index.js';
import { isForSpeaker } from './extraction.rule.js';
import { NicknamesService } from '../household/nicknames.service.js';
import { RecorderService } from '../recording/recorder.service.js';
import { UnderstandingService } from './understanding.service.js';

interface Payload {
  readonly family_id: string;
  readonly turn_id: string;
}

/** Reads facts from what users say, some moments after it was stored: private memories of who said it, with the turn as evidence. */
@Injectable()
export class ExtractionService implements OnModuleInit {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: JobRegistry,
    private readonly households: HouseholdService,
    private readonly conversations: ConversationsRepository,
    private readonly memories: MemoriesRepository,
    private readonly nicknames: NicknamesService,
    private readonly understanding: UnderstandingService,
    private readonly recorder: RecorderService,
    private readonly proposals: ProposalService,
    private readonly measures: MemoryMetrics,
  ) {}

  onModuleInit(): void {
    this.registry.register(EXTRACT, (jobs, context) => this.work(jobs, context));
  }

  private async work(jobs: readonly Job<Payload>[], context: BatchContext): Promise<void> {
    const families = new Map<string, string[]>();
    for (const { payload } of jobs)
      families.set(payload.family_id, [...(families.get(payload.family_id) ?? []), payload.turn_id]);
    const isAlone = families.size === 1;
    for (const [familyId, turnIds] of families) {
      await this.runner.runAsWorker(familyId, async (tx) => {
        await this.measures.time('extraction', 'turns', () => this.extract(tx, familyId, turnIds));
        if (isAlone) await context.complete(tx);
      });
    }
  }

  /** Turns that are gone, or that were read before, give nothing. */
  private async extract(tx: Transaction, familyId: string, turnIds: readonly string[]): Promise<void> {
    const household = await this.households.read(tx, familyId);
    const known = await this.memories.sourced(tx, familyId, turnIds);
    const turns = (await this.conversations.findTurns(tx, turnIds)).filter(({ id }) => !known.has(id));
    const read: { readonly turn: Turn; readonly drafts: readonly Draft[] }[] = [];
    for (const turn of turns.filter((one) => isForSpeaker(one, household))) {
      // No more than the speaker knows: a name that somebody else keeps private tells nothing here.
      const nicknames = await this.nicknames.of(tx, familyId, [familyId, turn.speakerId ?? familyId]);
      read.push({ turn, drafts: this.read(turn, household, nicknames) });
    }
    const drafts = read.flatMap((one) => one.drafts);
    if (drafts.length > 0)
      await this.recorder.record(
        tx,
        drafts.map((draft): [Draft] => [draft]),
        { actorId: null, isAutomatic: true },
      );
    const unread = read.flatMap((one) => (one.drafts.length === 0 ? [one.turn] : []));
    await this.proposals.enqueue(tx, familyId, 'turn', unread);
    if (drafts.length > 0) await this.memories.changed(tx, familyId);
  }

  private read(turn: Turn, household: Household, nicknames: ReadonlyMap<string, readonly string[]>): Draft[] {
    const { speakerId, authorId } = turn;
    const author = household.people.get(authorId);
    if (speakerId === null || !author || !household.people.has(speakerId)) return [];
    const utterance = {
      content: turn.content,
      language: turn.language,
      speakerId,
      saidAt: new Date(turn.occurredAt / 1000),
    };
    return this.understanding.read(utterance, household, nicknames).map(({ claim, span, confidence }): Draft => ({
      familyId: turn.familyId,
      // Nobody but the speaker, whoever may read the conversation.
      scopeId: speakerId,
      ownerId: speakerId,
      authorId,
      subjectId: claim.subjectId,
      kind: PREDICATES.get(claim.predicate)?.kind ?? 'note',
      content: span,
      language: turn.language,
      claim,
      authority: authorityOf({ id: authorId, role: author.role }, claim.subjectId),
      importance: 0.5,
      confidence,
      validFrom: null,
      validTo: null,
      saidAt: Math.min(turn.occurredAt, microsOf(new Date())),
      sourceTurnIds: [turn.id],
      tags: [],
      metadata: {},
      isDerived: true,
    }));
  }
}
