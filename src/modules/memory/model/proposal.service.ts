import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Histogram } from 'prom-client';
import { LlmConfig } from '../../../platform/config/index.js';
import { isoOf, microsOf, type Micros, type Transaction, TransactionRunner } from '../../../platform/database/index.js';
import { JobQueue, JobRegistry, Postponed, type BatchContext, type Job } from '../../../platform/jobs/index.js';
import { Metrics } from '../../../platform/observability/index.js';
import { ConversationsRepository } from '../conversations/conversations.repository.js';
import type { Draft } from '../recording/draft.js';
import { PREDICATES } from '../facts/index.js';
import { isForSpeaker } from '../extraction/extraction.rule.js';
import { HouseholdService, type Household } from '../household/household.service.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import { PROPOSE } from '../memory.jobs.js';
import { authorityOf } from '../memory.policy.js';
import type { ContentLanguage } from '../memory.entity.js';
import { NicknamesService } from '../household/nicknames.service.js';
import { RecorderService } from '../recording/recorder.service.js';
import { beginOf } from '../request-times.js';
import { hasQuestion } from '../search/ranking/index.js';
import { SettingsService } from '../settings/settings.service.js';
import { readAnswer, type Proposal } from './answer.js';
import { ask, type Prompt } from './chat.js';
import { ground, type Reading } from './ground.js';
import { ModelError } from './model.errors.js';
import { ModelUsageRepository } from './model-usage.repository.js';
import { promptFor } from './prompt.js';

/** Longer texts are stories rather than statements, and cost. */
const LONGEST = 4000;

/** What is read: a turn, or a memory in words of its own. */
export interface Item {
  readonly id: string;
  readonly content: string;
}

interface Payload {
  readonly family_id: string;
  readonly item_id: string;
  readonly type: 'turn' | 'memory';
}

/** An item with all that a fact read from it takes over. */
interface Source {
  readonly reading: Reading;
  readonly prompt: Prompt;
  readonly draft: Omit<Draft, 'subjectId' | 'kind' | 'content' | 'claim' | 'authority' | 'confidence'>;
  readonly besideId: string | undefined;
  readonly weigh: (subjectId: string) => Draft['authority'];
}

/**
 * Has a language model propose facts of texts in which the rules found none. It only proposes: the text has to bear each
 * proposal out, the recorder decides as it does for everybody, and one call takes it back. Without a model nothing differs.
 */
@Injectable()
export class ProposalService implements OnModuleInit {
  private readonly seconds: Histogram;

  constructor(
    private readonly config: LlmConfig,
    metrics: Metrics,
    private readonly runner: TransactionRunner,
    private readonly registry: JobRegistry,
    private readonly jobs: JobQueue,
    private readonly households: HouseholdService,
    private readonly nicknames: NicknamesService,
    private readonly settings: SettingsService,
    private readonly conversations: ConversationsRepository,
    private readonly memories: MemoriesRepository,
    private readonly recorder: RecorderService,
    private readonly usage: ModelUsageRepository,
  ) {
    this.seconds = metrics.histogram('llm_generation_seconds', 'Time a language model took for an answer', ['model']);
  }

  onModuleInit(): void {
    this.registry.register(PROPOSE, (jobs, context) => this.work(jobs, context));
  }

  /** Whether there is a language model to ask. */
  get isOn(): boolean {
    return this.config.url !== undefined && this.config.dailyQuota > 0;
  }

  /** Has items read later, within the transaction that writes them. Questions state nothing. */
  async enqueue(tx: Transaction, familyId: string, type: Payload['type'], items: readonly Item[]): Promise<void> {
    if (!this.isOn) return;
    const readable = items.filter(({ content }) => content.length <= LONGEST && !hasQuestion(content));
    await this.jobs.enqueueAll(
      tx,
      PROPOSE,
      readable.map(({ id }) => ({ payload: { family_id: familyId, item_id: id, type }, key: id })),
    );
  }

  private async work(jobs: readonly Job<Payload>[], context: BatchContext): Promise<void> {
    for (const job of jobs) await this.propose(job, context);
  }

  /** The model is asked outside of any transaction: it may take long. */
  private async propose({ payload, attempt }: Job<Payload>, context: BatchContext): Promise<void> {
    const { url, dailyQuota } = this.config;
    const { family_id: familyId } = payload;
    if (url === undefined || dailyQuota === 0) return;
    const asked = await this.runner.runAsWorker(familyId, async (tx) => {
      const source = await this.source(tx, payload);
      // One text that fails again and again leaves half of the day to the others.
      const quota = attempt === 1 ? dailyQuota : Math.ceil(dailyQuota / 2);
      return source && { source, wait: await this.usage.take(tx, familyId, quota) };
    });
    if (!asked) return;
    if (asked.wait !== undefined) throw new Postponed(asked.wait);
    const proposals = await this.ask(familyId, asked.source.prompt, context.signal);
    if (proposals.length === 0) return;
    await this.runner.runAsWorker(familyId, async (tx) => {
      // Read again: it may have been changed, moved, or erased meanwhile.
      const source = await this.source(tx, payload);
      if (source?.reading.content === asked.source.reading.content) await this.record(tx, familyId, proposals, source);
      await context.complete(tx);
    });
  }

  /** What counts is what the model may have worked on. */
  private async ask(familyId: string, prompt: Prompt, signal: AbortSignal): Promise<Proposal[]> {
    const { url = '', model = '', apiKey, timeout } = this.config;
    const stop = this.seconds.startTimer({ model });
    try {
      return readAnswer(await ask({ url, model, apiKey, timeout }, prompt, signal));
    } catch (error) {
      if (error instanceof ModelError && error.isFree)
        await this.runner.runAsWorker(familyId, (tx) => this.usage.giveBack(tx, familyId));
      throw error;
    } finally {
      stop();
    }
  }

  private async record(
    tx: Transaction,
    familyId: string,
    proposals: readonly Proposal[],
    { reading, draft, besideId, weigh }: Source,
  ): Promise<void> {
    const drafts = ground(proposals, reading).map(({ claim, span, confidence }): Draft => ({
      ...draft,
      subjectId: claim.subjectId,
      kind: PREDICATES.get(claim.predicate)?.kind ?? 'note',
      content: span,
      claim,
      authority: weigh(claim.subjectId),
      confidence,
    }));
    if (drafts.length === 0) return;
    await this.recorder.record(
      tx,
      drafts.map((one): [Draft] => [one]),
      { actorId: null, isAutomatic: true, besideId, reason: 'proposed_by_model' },
    );
    await this.memories.changed(tx, familyId);
  }

  /** What is to be read; undefined when it is gone, or a fact was read from it before. */
  private async source(
    tx: Transaction,
    { family_id: familyId, item_id: id, type }: Payload,
  ): Promise<Source | undefined> {
    const household = await this.households.read(tx, familyId);
    const { people, timeZone } = household;
    const found = type === 'turn' ? await this.turn(tx, household, id) : await this.memory(tx, id);
    if (!found || !(await this.settings.of(tx, familyId)).extract) return undefined;
    const author = people.get(found.authorId);
    const speaker = people.get(found.speakerId);
    if (!author || !speaker) return undefined;
    const nicknames = await this.nicknames.of(tx, familyId, [familyId, speaker.id]);
    const { content, language, saidAt } = found;
    return {
      reading: {
        content,
        speakerId: speaker.id,
        subjectId: found.subjectId,
        members: [...people.values()].map(({ id: memberId, firstName, lastName }) => ({
          id: memberId,
          names: [firstName, `${firstName} ${lastName ?? ''}`, ...(nicknames.get(memberId) ?? [])],
        })),
        begin: (date) => instantOf(date, timeZone),
      },
      prompt: promptFor({
        content,
        speaker: speaker.firstName,
        members: [...people.values()].map(({ firstName }) => firstName),
        day: isoOf(saidAt).slice(0, 10),
      }),
      draft: {
        familyId,
        scopeId: found.scopeId,
        ownerId: found.ownerId,
        authorId: author.id,
        language,
        importance: 0.5,
        validFrom: null,
        validTo: null,
        saidAt: Math.min(saidAt, microsOf(new Date())),
        sourceTurnIds: found.sourceTurnIds,
        tags: [],
        metadata: {},
        isDerived: true,
      },
      besideId: type === 'memory' ? id : undefined,
      weigh: (subjectId) => authorityOf({ id: author.id, role: author.role }, subjectId),
    };
  }

  private async turn(tx: Transaction, household: Household, id: string): Promise<Text | undefined> {
    const { familyId } = household;
    const [turn] = await this.conversations.findTurns(tx, [id]);
    // Who may read the talk can have changed since the job was queued.
    if (!turn?.speakerId || !isForSpeaker(turn, household)) return undefined;
    if ((await this.memories.sourced(tx, familyId, [id])).size > 0) return undefined;
    const { content, language, speakerId, authorId, occurredAt } = turn;
    // Nobody but the speaker, whoever may read the conversation.
    const place = { scopeId: speakerId, ownerId: speakerId, subjectId: null, sourceTurnIds: [id] };
    return { content, language, speakerId, authorId, saidAt: occurredAt, ...place };
  }

  private async memory(tx: Transaction, id: string): Promise<Text | undefined> {
    const memory = await this.memories.find(tx, id);
    if (memory?.status !== 'live' || memory.predicate !== null) return undefined;
    if ((await this.memories.madeBeside(tx, id)).length > 0) return undefined;
    const { content, language, authorId, subjectId, scopeId, ownerId, sourceTurnIds, createdAt } = memory;
    const place = { scopeId, ownerId, subjectId, sourceTurnIds };
    return { content, language, speakerId: authorId, authorId, saidAt: createdAt, ...place };
  }
}

interface Text {
  readonly content: string;
  readonly language: ContentLanguage;
  readonly speakerId: string;
  readonly authorId: string;
  readonly subjectId: string | null;
  readonly scopeId: string;
  readonly ownerId: string;
  readonly saidAt: Micros;
  readonly sourceTurnIds: readonly string[];
}

function instantOf(date: string, timeZone: string): Micros | undefined {
  try {
    return beginOf('valid_from', date, timeZone);
  } catch {
    return undefined; // a day that does not exist
  }
}
