import { Injectable } from '@nestjs/common';
import {
  isoOf,
  managerOf,
  type Micros,
  momentOf,
  rangeOf,
  type Transaction,
} from '../../../platform/database/index.js';
import { toText } from '../embeddings.repository.js';
import { searchStatement } from './search.statement.js';

/** What narrows a search; all of it undefined searches everything that holds. */
export interface SearchFilter {
  readonly types?: readonly ('memory' | 'turn')[] | undefined;
  readonly conversationId?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly from?: Micros | undefined;
  readonly to?: Micros | undefined;
  readonly asOf?: { readonly from: Micros; readonly to: Micros } | undefined;
  readonly knownAt?: Micros | undefined;
}

/** A vector and the number of the model it is of. */
export interface QueryVector {
  readonly modelId: number;
  readonly vector: Float32Array;
}

/** A document that may be what is looked for, with raw signals: see `ranking/features`. */
export interface Candidate {
  readonly id: number;
  readonly itemId: string;
  readonly type: 'memory' | 'turn';
  readonly personId: string | null;
  readonly speaker: string | null;
  readonly length: number;
  readonly hasQuestion: boolean;
  readonly afterQuestion: boolean;
  readonly saysTime: boolean;
  readonly saysNumber: boolean;
  readonly importance: number;
  readonly confidence: number;
  /** Seconds since 1970. */
  readonly occurredAt: number;
  readonly bm25: number;
  readonly window: number;
  readonly session: number;
  readonly previousBm25: number;
  readonly cosine: number | null;
  readonly nextCosine: number | null;
  readonly previousCosine: number | null;
  readonly sessionCosine: number | null;
  readonly mean: number | null;
  readonly deviation: number | null;
}

const STATEMENTS = {
  live: { lexical: searchStatement('live', false), dense: searchStatement('live', true) },
  filtered: { lexical: searchStatement('filtered', false), dense: searchStatement('filtered', true) },
} as const;

/** The statement of a search. Row-level security and the statement itself each keep to the viewer's scopes. */
@Injectable()
export class SearchRepository {
  /**
   * @param query text to be matched by its words
   * @param wantsAny whether documents without any hit will do, as where only a time or nothing but names is asked for
   */
  candidates(
    tx: Transaction,
    query: string,
    filter: SearchFilter,
    vector: QueryVector | undefined,
    wantsAny: boolean,
  ): Promise<Candidate[]> {
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    const { text } = STATEMENTS[isFiltered ? 'filtered' : 'live'][vector ? 'dense' : 'lexical'];
    return managerOf(tx).query<Candidate[]>(numbered(text), parametersOf(text, query, filter, vector, wantsAny));
  }
}

function parametersOf(
  text: string,
  query: string,
  filter: SearchFilter,
  vector: QueryVector | undefined,
  wantsAny: boolean,
): unknown[] {
  const all = [
    query,
    wantsAny,
    filter.types ?? ['memory', 'turn'],
    filter.conversationId ?? null,
    filter.subjectId ?? null,
    filter.kinds ?? null,
    filter.tags ?? null,
    filter.from === undefined && filter.to === undefined ? null : rangeOf(filter.from ?? null, filter.to ?? null),
    filter.asOf === undefined ? null : momentOf(filter.asOf.from, filter.asOf.to),
    vector ? toText(vector.vector) : null,
    filter.knownAt === undefined ? null : isoOf(filter.knownAt),
    vector?.modelId ?? null,
  ];
  return used(text).map((number) => all[number - 1]);
}

/** Numbers of the parameters a statement uses, ascending. */
const used = (text: string): number[] =>
  [...new Set([...text.matchAll(/\$(\d+)/g)].map(([, digits]) => Number(digits)))].sort((one, other) => one - other);

const renumbered = new Map<string, string>();

/** PostgreSQL wants parameters without gaps. */
function numbered(text: string): string {
  let result = renumbered.get(text);
  if (result === undefined) {
    const order = used(text);
    result = text.replaceAll(/\$(\d+)/g, (_, digits: string) => `$${String(order.indexOf(Number(digits)) + 1)}`);
    renumbered.set(text, result);
  }
  return result;
}
