import { ITEM_BM25, SESSION_BM25, WINDOW } from './ranking/index.js';

/** Candidates of each arm; with their neighbours they hold nearly everything that can come out on top. */
const ARM = 150;
/** Neighbours of a hit that are candidates too. */
const NEIGHBOURS = 2;

const number = (value: number): string => `${String(value)}::float8`;

/** Robertson and Spärck Jones, in Lucene's form: see `ranking/features`. */
const idf = (documents: string, containing: string): string =>
  `ln(1 + (${documents} - ${containing} + 0.5::float8) / (${containing} + 0.5::float8))`;

const saturation = (frequency: string, relativeLength: string, { k1, b }: { k1: number; b: number }): string =>
  `${frequency} * ${number(k1 + 1)} / (${frequency} + ${number(k1)} * (${number(1 - b)} + ${number(b)} * ${relativeLength}))`;

const distances = Array.from({ length: 2 * WINDOW.reach + 1 }, (_, index) => index - WINDOW.reach);
const weights = distances.map((distance) => WINDOW.decay ** Math.abs(distance));
const windowWeight = weights.reduce((sum, weight) => sum + weight, 0);

/** Rows of the viewer's scopes: what row-level security says too, in the form that an index begins with. */
const SEEN = (table: string): string => `${table}.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[])`;

/**
 * Which documents are searched. Statistics are theirs alone, so a score tells nothing of what is not among them.
 *
 * `docs` are they; `has` says whether a document is one of them. What is live is nearly everything, so it is told by the
 * few that are not, and no set of thousands is ever built of it.
 */
const COLLECTION = {
  /** Everything that holds. */
  live: {
    docs: `
  dead AS MATERIALIZED (SELECT d.id FROM documents d WHERE ${SEEN('d')} AND NOT d.is_live),
  docs AS NOT MATERIALIZED (SELECT d.id, d.length FROM documents d WHERE ${SEEN('d')} AND d.is_live)`,
    has: (id: string) => `${id} NOT IN (SELECT id FROM dead)`,
  },
  /** What the filters leave: of turns those said, of memories those true, in the time that is asked for. */
  filtered: {
    docs: `
  docs AS MATERIALIZED (SELECT d.id, d.length FROM documents d
    LEFT JOIN memories m ON ${SEEN('m')} AND m.id = d.item_id AND m.document_id = d.id AND CASE
      WHEN $11::timestamptz IS NULL THEN upper_inf(m.recorded) ELSE m.recorded @> $11 END
    LEFT JOIN turns t ON ${SEEN('t')} AND t.id = d.item_id AND $11 IS NOT NULL
    WHERE ${SEEN('d')}
      AND d.type = ANY ($3::text[])
      AND ($4::uuid IS NULL OR d.conversation_id = $4)
      AND ($5::uuid IS NULL OR d.person_id = $5)
      AND ($6::text[] IS NULL OR m.kind = ANY ($6))
      AND ($7::text[] IS NULL OR m.tags && $7)
      AND ($8::tstzrange IS NULL OR CASE d.type WHEN 'turn' THEN $8 @> d.occurred_at ELSE m.valid && $8 END)
      AND CASE d.type
        WHEN 'turn' THEN ($9::tstzrange IS NULL OR d.occurred_at <= upper($9)) AND ($11::timestamptz IS NULL OR t.created_at <= $11)
        ELSE m.id IS NOT NULL AND CASE
          WHEN $9::tstzrange IS NULL AND $11::timestamptz IS NULL THEN d.is_live
          WHEN $9::tstzrange IS NULL THEN m.status IN ('live', 'contested')
          ELSE m.status <> 'retracted' AND m.valid && $9 END
      END)`,
    has: (id: string) => `${id} IN (SELECT id FROM docs)`,
  },
} as const;

type Has = (id: string) => string;

const DENSE = {
  arms: (has: Has) => `
  sims AS MATERIALIZED (
    SELECT e.document_id AS id, -(e.vector <#> $10::halfvec) AS s
    FROM embeddings e WHERE ${SEEN('e')} AND e.model_id = $12::int AND ${has('e.document_id')}),
  scale AS MATERIALIZED (SELECT avg(s) AS mean, coalesce(stddev_pop(s), 0) AS deviation FROM sims),`,
  union: `UNION (SELECT id FROM sims ORDER BY s DESC LIMIT ${String(ARM)})`,
  near: `,
  own AS MATERIALIZED (SELECT id, s FROM sims WHERE id IN (SELECT id FROM places)),
  best AS MATERIALIZED (SELECT id >> 16 AS sitting, max(s) AS s FROM sims WHERE id >> 16 IN (SELECT sitting FROM talks) GROUP BY 1),
  beside AS MATERIALIZED (
    SELECT c.id, max(s) FILTER (WHERE c.other > c.id) AS next, max(s) FILTER (WHERE c.other < c.id) AS previous
    FROM (SELECT id, id + d AS other FROM places CROSS JOIN unnest(ARRAY[-1, 1]) AS d WHERE type = 'turn') c
    JOIN sims m ON m.id = c.other GROUP BY c.id)`,
  columns: `own.s AS cosine, beside.next AS "nextCosine", beside.previous AS "previousCosine", best.s AS "sessionCosine",
    scale.mean, scale.deviation`,
  joins: `CROSS JOIN scale LEFT JOIN own ON own.id = c.id LEFT JOIN beside ON beside.id = c.id LEFT JOIN best ON best.sitting = c.id >> 16`,
} as const;

const LEXICAL = {
  arms: () => '',
  union: '',
  near: '',
  columns: `NULL::float8 AS cosine, NULL::float8 AS "nextCosine", NULL::float8 AS "previousCosine",
    NULL::float8 AS "sessionCosine", NULL::float8 AS mean, NULL::float8 AS deviation`,
  joins: '',
} as const;

/**
 * Candidates of a search with their raw signals, in one statement. The names are those of `ranking/features`, which
 * scales and combines them. What stands around a text and the sitting it belongs to are looked at for turns alone: a
 * memory stands by itself.
 *
 * `$1` lexemes of the query, `$2` whether the newest are candidates without any hit, `$13` in which time all are; the rest see `COLLECTION` and `DENSE`. A variant
 * names all parameters, so that all can be given the same way.
 */
export function searchStatement(collection: keyof typeof COLLECTION, isDense: boolean): { name: string; text: string } {
  const dense = isDense ? DENSE : LEXICAL;
  const { docs, has } = COLLECTION[collection];
  const text = `
WITH viewer AS MATERIALIZED (SELECT app.visible_scopes() AS scopes),${docs},
  -- A sitting is counted by its first text; where that is gone, the count is a little low, which hardly matters.
  scope AS MATERIALIZED (
    SELECT count(*)::float8 AS n, greatest(avg(length), 1)::float8 AS mean_length,
      greatest(count(*) FILTER (WHERE id & 65535 = 0), 1)::float8 AS sittings,
      greatest(sum(length)::float8 / greatest(count(*) FILTER (WHERE id & 65535 = 0), 1), 1) AS mean_sitting
    FROM docs),
  hits AS MATERIALIZED (
    SELECT p.term, p.document_id AS id, p.frequency::float8 AS f, p.length::float8 AS length
    FROM postings p WHERE ${SEEN('p')} AND p.term = ANY ($1::text[]) AND ${has('p.document_id')}),
  spread AS MATERIALIZED (SELECT id >> 16 AS sitting, term, sum(f) AS f, count(*) AS documents FROM hits GROUP BY 1, 2),
  worth AS MATERIALIZED (
    SELECT x.term, ${idf('n', 'df')} AS idf, ${idf('greatest(sittings, sdf)', 'sdf')} AS sitting_idf, mean_length, mean_sitting
    FROM (SELECT term, sum(documents)::float8 AS df, count(*) AS sdf FROM spread GROUP BY term) x CROSS JOIN scope),
  bm AS MATERIALIZED (
    SELECT h.id, sum(idf * ${saturation('f', 'h.length / mean_length', ITEM_BM25)}) AS s
    FROM hits h JOIN worth USING (term) GROUP BY h.id),${dense.arms(has)}
  arms AS MATERIALIZED (
    (SELECT id FROM bm ORDER BY s DESC, id LIMIT ${String(ARM)}) ${dense.union}
    UNION (SELECT id FROM docs WHERE $2::boolean ORDER BY id DESC LIMIT ${String(ARM)})
    UNION (SELECT d.id FROM documents d
      WHERE ${SEEN('d')} AND ${has('d.id')} AND $13::tstzrange IS NOT NULL AND d.occurred_at <@ $13
      ORDER BY d.id LIMIT ${String(ARM)})),
  places AS MATERIALIZED (
    SELECT d.* FROM documents d WHERE ${SEEN('d')} AND ${has('d.id')} AND d.id = ANY (ARRAY(
      SELECT id + d FROM arms CROSS JOIN generate_series(-${String(NEIGHBOURS)}, ${String(NEIGHBOURS)}) AS d
      WHERE (id + d) >> 16 = id >> 16 GROUP BY 1))),
  talks AS MATERIALIZED (SELECT DISTINCT id >> 16 AS sitting FROM places WHERE type = 'turn'),
  said AS MATERIALIZED (
    SELECT d.id, d.length FROM talks CROSS JOIN LATERAL (SELECT d.id, d.length FROM documents d
      WHERE d.id >= sitting << 16 AND d.id < (sitting + 1) << 16 AND ${SEEN('d')} AND ${has('d.id')} OFFSET 0) d),
  sittings AS MATERIALIZED (SELECT id >> 16 AS sitting, sum(length)::float8 AS length FROM said GROUP BY 1),
  session AS MATERIALIZED (
    SELECT x.sitting, sum(sitting_idf * ${saturation('f', 'sittings.length / mean_sitting', SESSION_BM25)}) AS s
    FROM spread x JOIN worth USING (term) JOIN sittings USING (sitting) GROUP BY x.sitting),
  near AS MATERIALIZED (
    SELECT c.id, c.other, c.weight, o.length
    FROM (SELECT id, id + distance AS other, weight FROM places
      CROSS JOIN unnest(ARRAY[${distances.join()}], ARRAY[${weights.map((w) => w.toFixed(4)).join()}]::float8[]) AS w(distance, weight)
      WHERE type = 'turn') c
    JOIN said o ON o.id = c.other),
  around AS MATERIALIZED (
    SELECT x.id, sum(idf * ${saturation('f', `y.length / (mean_length * ${number(windowWeight)})`, ITEM_BM25)}) AS s
    FROM (SELECT n.id, h.term, sum(n.weight * h.f) AS f FROM near n JOIN hits h ON h.id = n.other GROUP BY 1, 2) x
    JOIN worth USING (term)
    JOIN (SELECT id, sum(weight * length) AS length FROM near GROUP BY id) y USING (id) GROUP BY x.id)${dense.near}
SELECT c.id::float8 AS id, c.item_id AS "itemId", c.type, c.person_id AS "personId", c.speaker, c.length,
  c.has_question AS "hasQuestion", c.after_question AS "afterQuestion", c.says_time AS "saysTime", c.says_number AS "saysNumber",
  c.importance, c.confidence, extract(epoch FROM c.occurred_at)::float8 AS "occurredAt",
  coalesce(bm.s, 0) AS bm25, coalesce(around.s, 0) AS "window", coalesce(session.s, 0) AS session,
  coalesce(before.s, 0) AS "previousBm25", ${dense.columns}
FROM places c
LEFT JOIN bm ON bm.id = c.id LEFT JOIN around ON around.id = c.id LEFT JOIN session ON session.sitting = c.id >> 16
LEFT JOIN bm before ON before.id = c.id - 1 ${dense.joins}`;
  return { name: `search-${collection}-${isDense ? 'dense' : 'lexical'}`, text };
}
