/**
 * What the ranking looks at, as numbers. Formulas live here; PostgreSQL computes the raw signals.
 * Scores of text are scaled to 0-1 by the best of the same query, cosines to standard scores of
 * the same scope: neither then depends on the number of the query's words or on the model.
 */

/** Features that need text and metadata alone, in the order of the weights. */
export const LEXICAL_FEATURES = [
  'bm25',
  'window',
  'session',
  'answer',
  'speaker',
  'question',
  'length',
  'time',
  'number',
  'date',
] as const;

/** Features that need a vector of the query and of the item. */
export const DENSE_FEATURES = ['dense', 'denseSession', 'denseNext', 'denseQuestion'] as const;

/** All features, in the order of the weights. */
export const FEATURES = [...LEXICAL_FEATURES, ...DENSE_FEATURES] as const;

export type FeatureName = (typeof FEATURES)[number];

/** One candidate's features. A value that does not exist is 0. */
export type Features = Readonly<Record<FeatureName, number>>;

/** BM25 of one turn or memory. Short texts say a word once: hardly any saturation, little length. */
export const ITEM_BM25 = { k1: 0.9, b: 0.4 } as const;
/** BM25 of a session as one document; document frequencies count sessions. */
export const SESSION_BM25 = { k1: 1.2, b: 0.75 } as const;
/**
 * The window of a turn: itself and up to `reach` turns on each side in its session, each step
 * weighing `decay`. Its mean length is that many mean lengths of an item (4.16-4.24 in LoCoMo;
 * 3.2 and 4.5 rank as well), so that nothing has to be kept for it.
 */
export const WINDOW = { decay: 0.7, reach: 4, meanLength: 4.2 } as const;
/** A turn that many days after the date in question fits 1/e as well as one on the date. */
export const DATE_FIT_DAYS = 7;

const DAYS_BEFORE_COUNT = 2;
const DENSE_SCALE = 3;

/** Robertson and Sparck Jones' inverse document frequency in Lucene's form, never negative. */
export function inverseDocumentFrequency(documents: number, containing: number): number {
  return Math.log(1 + (documents - containing + 0.5) / (containing + 0.5));
}

/**
 * What one term adds to the BM25 of a document (Robertson & Zaragoza, 2009), before its inverse
 * document frequency.
 *
 * @param frequency of the term; in a window the sum of the turns' frequencies times their weights
 * @param relativeLength length of the document / mean length of the documents, in lexemes;
 *   a window's length is weighted as its frequencies are
 */
export function saturation(
  frequency: number,
  relativeLength: number,
  { k1, b }: { readonly k1: number; readonly b: number },
): number {
  return (frequency * (k1 + 1)) / (frequency + k1 * (1 - b + b * relativeLength));
}

/** The weight of a turn in the window of another that many turns away; 0 beyond its reach. */
export function windowWeight(distance: number): number {
  return Math.abs(distance) > WINDOW.reach ? 0 : WINDOW.decay ** Math.abs(distance);
}

/**
 * How well an item fits the dates a query names, 0-1: people tell what happened some days later.
 *
 * @param days from the nearest range named: 0 inside, positive after its end, negative before
 */
export function dateFit(days: number): number {
  const distance = days < 0 ? -days * DAYS_BEFORE_COUNT : days;
  return Math.exp(-distance / DATE_FIT_DAYS);
}

/** What is the same for all candidates of one query. */
export interface QueryScale {
  /** The best raw score of the query in the scope (or among the candidates), > 0 if any matched. */
  readonly bestBm25: number;
  readonly bestWindow: number;
  readonly bestSession: number;
  /** Mean and standard deviation of the cosines over the scope; absent without an embedder. */
  readonly cosine?: { readonly mean: number; readonly deviation: number };
  /** The query asks for a time (`asksForTime`). */
  readonly asksForTime: boolean;
  /** The query asks for a number (`asksForNumber`). */
  readonly asksForNumber: boolean;
}

/** Where a turn stands. Memories stand alone and have none. */
export interface TurnContext {
  /** Raw BM25 of the window and of the session. */
  readonly window: number;
  readonly session: number;
  /** The turn before it in the session. */
  readonly previous?: {
    readonly bm25: number;
    readonly hasQuestion: boolean;
    readonly cosine?: number;
  };
  /** Cosine of the turn after it in the session. */
  readonly nextCosine?: number;
  /** Best cosine of the session. */
  readonly sessionCosine?: number;
}

/** Raw signals of one candidate. */
export interface Signals {
  readonly bm25: number;
  /** Absent for a memory: its window, session, question and neighbours are then itself. */
  readonly context?: TurnContext;
  /** The query names exactly one person, who is the speaker or the subject. */
  readonly isPersonNamed: boolean;
  /** The text holds a question mark. */
  readonly hasQuestion: boolean;
  /** Number of lexemes, repetitions counted. */
  readonly length: number;
  /** The text says when (`saysTime`), or how many (`saysNumber`). */
  readonly saysTime: boolean;
  readonly saysNumber: boolean;
  /** Days from the dates the query names, as in `dateFit`; absent when it names none. */
  readonly daysFromDate?: number;
  /** Cosine with the item's vector, which for a turn embeds the turn before it as well. */
  readonly cosine?: number;
}

/** The features of a candidate: the only place where signals are scaled. */
export function featuresOf(signals: Signals, scale: QueryScale): Features {
  const bm25 = share(signals.bm25, scale.bestBm25);
  const dense = standardScore(signals.cosine, scale);
  return {
    bm25,
    speaker: Number(signals.isPersonNamed),
    question: Number(signals.hasQuestion),
    length: Math.log1p(signals.length),
    time: Number(scale.asksForTime && signals.saysTime),
    number: Number(scale.asksForNumber && signals.saysNumber),
    date: signals.daysFromDate === undefined ? 0 : dateFit(signals.daysFromDate),
    dense,
    ...(signals.context ? around(signals.context, scale) : alone(bm25, dense)),
  };
}

type ContextFeatures = Pick<Features, 'window' | 'session' | 'answer' | 'denseSession' | 'denseNext' | 'denseQuestion'>;

function around(context: TurnContext, scale: QueryScale): ContextFeatures {
  const question = context.previous?.hasQuestion ? context.previous : undefined;
  return {
    window: share(context.window, scale.bestWindow),
    session: share(context.session, scale.bestSession),
    answer: share(question?.bm25 ?? 0, scale.bestBm25),
    denseSession: standardScore(context.sessionCosine, scale),
    denseNext: standardScore(context.nextCosine, scale),
    denseQuestion: standardScore(question?.cosine, scale),
  };
}

/** A memory says in one sentence what a turn says with its neighbours' help. */
function alone(bm25: number, dense: number): ContextFeatures {
  return {
    window: bm25,
    session: bm25,
    answer: bm25,
    denseSession: dense,
    denseNext: dense,
    denseQuestion: dense,
  };
}

function share(value: number, best: number): number {
  return best > 0 ? value / best : 0;
}

function standardScore(cosine: number | undefined, { cosine: scope }: QueryScale): number {
  if (cosine === undefined || scope === undefined || !(scope.deviation > 0)) return 0;
  return (cosine - scope.mean) / scope.deviation / DENSE_SCALE;
}
