import type { Principal } from '../../../platform/security/index.js';
import type { ConversationsService } from '../conversations/conversations.service.js';
import type { TurnRequest } from '../dto/conversation.request.js';
import type { CreateMemoryRequest } from '../dto/memory.request.js';
import type { SearchRequest } from '../dto/search.request.js';
import { BATCH_SIZE } from '../dto/limits.js';
import type { MemoryService } from '../memories/memory.service.js';
import { FEATURES, LEXICAL_FEATURES, type TrainingQuestion } from '../search/ranking/index.js';
import type { SearchService } from '../search/search.service.js';
import type { TurnsService } from '../conversations/turns.service.js';
import type { Question, Sample } from './dataset.js';
import { CUTOFFS, type Outcome } from './recall.js';

/** The speaker whose turns are the assistant's; all others are users. */
const ASSISTANT = 'Assistant';

export interface Asked extends Outcome {
  readonly question: string;
  /** Milliseconds. */
  readonly took: number;
  /** With `explain`: of each piece of evidence its id and what its score was made of, where it was found. */
  readonly parts?: readonly { readonly id: string; readonly scores: Readonly<Record<string, number>> | undefined }[];
}

/** Stores samples and asks their questions as any client would, through the module's own services. */
export class RetrievalEvaluation {
  constructor(
    private readonly conversations: Pick<ConversationsService, 'create'>,
    private readonly turns: Pick<TurnsService, 'add'>,
    private readonly memories: Pick<MemoryService, 'createMany'>,
    private readonly searching: SearchService,
  ) {}

  /**
   * @param principal somebody in an empty family, whose members bear the names of the sample
   * @returns the dataset's ids by the ids of what was stored
   */
  async store(principal: Principal, sample: Sample): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>();
    // Statements about the same would confirm or replace each other; here every text is to be found by itself.
    const conversation = await this.conversations.create(principal, { title: sample.id.slice(0, 200), extract: false });
    for (const chunk of chunksOf(sample.turns)) {
      const requests = chunk.map(({ speaker, text, occurredAt }): TurnRequest => ({
        ...(speaker === ASSISTANT ? { role: 'assistant' } : { role: 'user', speaker }),
        content: text,
        occurred_at: occurredAt.toISOString(),
      }));
      const { data } = await this.turns.add(principal, conversation.id, requests);
      data.forEach(({ id }, index) => names.set(id, chunk[index]?.id ?? ''));
    }
    for (const chunk of chunksOf(sample.memories)) {
      const requests = chunk.map(({ text, from }): CreateMemoryRequest => ({
        content: text,
        visibility: 'family',
        ...(from === undefined ? {} : { valid_from: from }),
      }));
      const { data } = await this.memories.createMany(principal, requests);
      data.forEach(({ id }, index) => names.set(id, chunk[index]?.id ?? ''));
    }
    return names;
  }

  /** Asks one question as a client does. */
  async ask(
    principal: Principal,
    sample: Sample,
    { question, evidence, category }: Question,
    names: ReadonlyMap<string, string>,
    { explain }: { explain: boolean },
  ): Promise<Asked> {
    const { results, took_ms: took } = await this.searching.search(principal, {
      ...requestFor(sample, question),
      explain,
    });
    const found = results.map(({ id }) => names.get(id));
    const ranks = evidence.map((id) => {
      const rank = found.indexOf(id);
      return rank < 0 ? undefined : rank;
    });
    const parts = evidence.map((id, index) => ({ id, scores: results[ranks[index] ?? -1]?.scores }));
    return { sample: sample.id, category, question, ranks, took, ...(explain ? { parts } : {}) };
  }

  /** A question with the features of everything that comes up for it; undefined where no evidence does. */
  async features(
    principal: Principal,
    sample: Sample,
    { question, evidence }: Question,
    names: ReadonlyMap<string, string>,
    kind: 'lexical' | 'hybrid',
  ): Promise<TrainingQuestion | { readonly missed: number }> {
    const ranked = await this.searching.ranked(principal, requestFor(sample, question));
    // In the order of the documents, as equal scores are ranked.
    const candidates = ranked.toSorted((one, other) => one.candidate.id - other.candidate.id);
    const used = kind === 'lexical' ? LEXICAL_FEATURES : FEATURES;
    const features = Float64Array.from(candidates.flatMap((each) => used.map((name) => each.features[name])));
    const ids = candidates.map(({ candidate }) => names.get(candidate.itemId));
    const relevant = evidence.map((id) => ids.indexOf(id)).filter((index) => index >= 0);
    const missed = evidence.length - relevant.length;
    return relevant.length === 0 ? { missed } : { group: sample.id, features, relevant, missed };
  }
}

/** Where a dataset has turns alone, turns alone are looked for. */
const requestFor = ({ memories }: Sample, query: string): SearchRequest => ({
  query,
  limit: Math.max(...CUTOFFS),
  ...(memories.length === 0 ? { types: ['turn'] } : {}),
});

const chunksOf = <T>(items: readonly T[]): (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / BATCH_SIZE) }, (_, index) =>
    items.slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE),
  );
