import { Injectable } from '@nestjs/common';
import { isoOf, type Micros, momentOf, rangeOf, runNamed, type Transaction } from '../../../platform/database/index.js';
import { toText } from '../indexing/embeddings.repository.js';
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

/** The statements as they are sent, by name. */
export const searchStatements = (): { readonly name: string; readonly text: string }[] =>
  Object.values(STATEMENTS)
    .flatMap(({ lexical, dense }) => [lexical, dense])
    .map(({ name, text }) => ({ name, text: numbered(text) }));

/** What of a query's documents may do without any of its words. */
export interface Wanted {
  /** The newest, as where nothing but names is asked for. */
  readonly newest: boolean;
  /** Those of a time. */
  readonly time?: { readonly from: Micros; readonly to: Micros } | undefined;
}

const settingsOf = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join(', ');

const JOINS = ['enable_nestloop', 'enable_mergejoin', 'enable_seqscan'];
const joins = (state: 'on' | 'off'): Record<string, string> => Object.fromEntries(JOINS.map((name) => [name, state]));

/**
 * How a search is planned, to be selected before it in its transaction. The statement works on sets of thousands that stand
 * in no index, of which the planner knows nothing, least of all on an embedded database, which collects no statistics.
 * Without nested loops and scans of whole tables, and with one plan for all, it costs what it must and never a hundred
 * times as much.
 */
export const SEARCH_PLAN = settingsOf({ ...joins('off'), plan_cache_mode: 'force_generic_plan', work_mem: '64MB' });

/** In one go, for each one costs a round trip. */
const PREPARE = { name: 'search-prepare', text: `SELECT app.query_terms($1) AS terms, ${SEARCH_PLAN}` };

/** What comes after it in the transaction is joined as ever; one plan for all serves it as well. */
const PLAN_END = { name: 'search-plan-end', text: `SELECT ${settingsOf(joins('on'))}` };

/** The statement of a search. Row-level security and the statement itself each keep to the viewer's scopes. */
@Injectable()
export class SearchRepository {
  /** Comes before `candidates`. @returns the lexemes of a query, in every language */
  async prepare(tx: Transaction, query: string): Promise<string[]> {
    const [row] = await runNamed<{ terms: string[] }>(tx, PREPARE, [query]);
    return row?.terms ?? [];
  }

  /** @param terms lexemes to be matched */
  async candidates(
    tx: Transaction,
    terms: readonly string[],
    filter: SearchFilter,
    vector: QueryVector | undefined,
    wanted: Wanted,
  ): Promise<Candidate[]> {
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    const { name, text } = STATEMENTS[isFiltered ? 'filtered' : 'live'][vector ? 'dense' : 'lexical'];
    const rows = await runNamed<Candidate>(
      tx,
      { name, text: numbered(text) },
      parametersOf(text, terms, filter, vector, wanted),
    );
    await runNamed(tx, PLAN_END);
    return rows;
  }
}

function parametersOf(
  text: string,
  terms: readonly string[],
  filter: SearchFilter,
  vector: QueryVector | undefined,
  { newest, time }: Wanted,
): unknown[] {
  const all = [
    terms,
    newest,
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
    time === undefined ? null : rangeOf(time.from, time.to),
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
