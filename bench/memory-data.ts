/** A household's memories by the million, made by the database itself: the server would need hours. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { ScratchDatabase } from './scratch-database.js';

/** The commonest words of English, then of Spanish: a model takes a made-up word for three or four. */
const VOCABULARY = gunzipSync(
  readFileSync(new URL('../src/modules/memory/language/common-words.txt.gz', import.meta.url)),
)
  .toString('utf8')
  .split('\n', 2)
  .flatMap((line) => line.split(' ').slice(1))
  .filter((word) => /^\p{L}+$/u.test(word));
/** How often a word comes falls with its rank (Zipf); the very commonest are left out, as stop words are. */
const RANKS = { first: 20, count: VOCABULARY.length };
const WORDS = 12;
/** Different vectors; an exact scan reads all of a scope, whatever is in them. */
const VECTORS = 500;

export const wordAt = (random: number): string =>
  VOCABULARY[Math.floor(RANKS.first * (RANKS.count / RANKS.first) ** random)] ?? '';

const rank = `floor(${String(RANKS.first)} * power(${String(RANKS.count / RANKS.first)}, random()))::int`;

/** Tables whose rules would be asked for every one of millions of rows. */
const TABLES = ['memories', 'documents', 'postings', 'embeddings'];

export interface Filling {
  readonly familyId: string;
  readonly ownerId: string;
  readonly scopeId: string;
  readonly memories: number;
}

/** Fills scopes with memories, their lexemes and, given a model, their vectors. */
export async function fill(
  database: ScratchDatabase,
  fillings: readonly Filling[],
  model: { readonly id: number; readonly dimensions: number } | undefined,
): Promise<void> {
  await database.asOwner(
    ...TABLES.map((table) => `ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`),
    'CREATE SCHEMA IF NOT EXISTS bench',
    'DROP TABLE IF EXISTS bench.vectors',
    `CREATE TABLE bench.vectors AS SELECT n, l2_normalize(ARRAY(SELECT random() - 0.5 + n * 0 FROM generate_series(1, ${String(model?.dimensions ?? 1)}))::vector)::halfvec AS v FROM generate_series(0, ${String(VECTORS - 1)}) n`,
    'ALTER TABLE bench.vectors ADD PRIMARY KEY (n)',
    'DROP TABLE IF EXISTS bench.words',
    `CREATE TABLE bench.words AS SELECT rank::int - 1 AS rank, word, (SELECT term FROM app.terms('en', word) LIMIT 1) AS term
       FROM unnest(string_to_array('${VOCABULARY.join(' ')}', ' ')) WITH ORDINALITY AS w(word, rank)`,
  );
  for (const filling of fillings) await fillScope(database, filling, model?.id);
  await database.asOwner(...TABLES.map((table) => `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`));
}

async function fillScope(database: ScratchDatabase, filling: Filling, modelId: number | undefined): Promise<void> {
  const { familyId, ownerId, scopeId, memories } = filling;
  await database.asOwner(
    `CREATE TEMP TABLE said ON COMMIT DROP AS SELECT r.n, w.word, w.term
       FROM (SELECT n, ${rank} AS rank FROM generate_series(1, ${String(memories)}) n, generate_series(1, ${String(WORDS)})) r
       JOIN bench.words w USING (rank)`,
    `CREATE TEMP TABLE made ON COMMIT DROP AS
       SELECT n, gen_random_uuid() AS id, nextval('sitting_numbers') * 65536 AS document_id,
         now() - random() * interval '3 years' AS at, content, length
       FROM (SELECT n, string_agg(word, ' ') AS content, count(term) AS length FROM said GROUP BY n) texts`,
    `INSERT INTO memories (id, version, document_id, family_id, scope_id, owner_id, author_id, subject_id, kind, content, language,
       authority, importance, confidence, status, valid, is_since_stated, recorded, content_hash, created_at)
     SELECT id, 1, document_id, '${familyId}', '${scopeId}', '${ownerId}', '${ownerId}', '${ownerId}', 'note', content, 'en',
       'self', 0.5, 0.9, 'live', tstzrange(at, NULL), false, tstzrange(at, NULL), sha256(id::text::bytea), at FROM made`,
    `INSERT INTO documents (id, scope_id, family_id, type, item_id, person_id, language, length, is_live, is_pending, has_question,
       after_question, says_time, says_number, importance, confidence, occurred_at)
     SELECT document_id, '${scopeId}', '${familyId}', 'memory', id, '${ownerId}', 'en', length, true, false, false,
       false, false, false, 0.5, 0.9, at FROM made`,
    `INSERT INTO postings (scope_id, term, document_id, frequency, length)
     SELECT '${scopeId}', term, document_id, count(*), length FROM made JOIN said USING (n)
     WHERE term IS NOT NULL GROUP BY 2, 3, length`,
    ...(modelId === undefined
      ? []
      : [
          `INSERT INTO embeddings (document_id, model_id, scope_id, vector)
           SELECT document_id, ${String(modelId)}, '${scopeId}', v FROM made JOIN bench.vectors ON vectors.n = made.n % ${String(VECTORS)}`,
        ]),
  );
}

/** What is done without this project: text search with its own rank and vectors, each on an index, fused by their ranks. */
export const NAIVE = {
  prepare: (scopeId: string): string[] => [
    `CREATE TABLE bench.naive AS SELECT m.id, m.content, to_tsvector('english', m.content) AS tsv, e.vector
       FROM memories m LEFT JOIN embeddings e ON e.document_id = m.document_id WHERE m.scope_id = '${scopeId}'`,
    'CREATE INDEX ON bench.naive USING gin (tsv)',
    'ANALYZE bench.naive',
  ],
  query: `WITH q AS (SELECT replace(plainto_tsquery('english', $1)::text, '&', '|')::tsquery AS t),
      text AS (SELECT id, row_number() OVER (ORDER BY ts_rank_cd(tsv, t) DESC) AS r FROM bench.naive, q WHERE tsv @@ t ORDER BY r LIMIT 100),
      dense AS (SELECT id, row_number() OVER (ORDER BY vector <#> (SELECT v FROM bench.vectors WHERE n = $2)) AS r FROM bench.naive
        WHERE vector IS NOT NULL ORDER BY r LIMIT 100)
    SELECT id, n.content, coalesce(1.0 / (60 + text.r), 0) + coalesce(1.0 / (60 + dense.r), 0) AS score
    FROM text FULL JOIN dense USING (id) JOIN bench.naive n USING (id) ORDER BY score DESC LIMIT 10`,
} as const;
