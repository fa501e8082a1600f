import { Injectable } from '@nestjs/common';
import { runNamed, type Transaction } from '../../../platform/database/index.js';

/** Something that a word is like, and by how many slips it differs. */
export interface Likeness {
  readonly term: string;
  readonly slips: number;
}

/** A word of a query that no text has. */
export interface StrangeWord {
  readonly word: string;
  /** Its own lexemes. */
  readonly terms: readonly string[];
}

/** Strange words, and the lexemes of texts that begin like theirs and are about as long, by language and first letter. */
export interface StrangeWords {
  readonly words: readonly StrangeWord[];
  readonly similar: ReadonlyMap<string, readonly string[]>;
}

/** Most strange words of a query that are looked after. */
export const MOST_STRANGE = 8;
/** Most lexemes that are looked at for one query, as many of each beginning. */
const VOCABULARY = 10_000;
/** Texts of a lexeme that are counted: beyond that it is frequent. */
const FREQUENT = 1000;

const VIEWER = 'viewer AS MATERIALIZED (SELECT app.visible_scopes() AS scopes)';
/** As a value, so that no plan reads all documents for it. */
const HOLDS = '($2::boolean OR (SELECT d.is_live FROM documents d WHERE d.id = p.document_id))';

/**
 * Each step of the recursion asks the index for the next lexeme, so that a lexeme costs the same in one text and in ten
 * thousand (loose index scan: https://wiki.postgresql.org/wiki/Loose_indexscan).
 */
const STRANGE_WORDS = {
  name: 'search-strange-words',
  text: `WITH RECURSIVE ${VIEWER},
  strange AS MATERIALIZED (
    SELECT w.word, l.terms FROM unnest($1::text[]) AS w(word), LATERAL app.query_terms(w.word) AS l(terms)
    WHERE cardinality(l.terms) >= 3 AND NOT EXISTS (
      SELECT FROM unnest((SELECT scopes FROM viewer)) AS s(id) JOIN LATERAL (
        SELECT FROM postings p WHERE p.scope_id = s.id AND p.term = ANY (l.terms) AND ${HOLDS} LIMIT 1) p ON true)
    LIMIT ${String(MOST_STRANGE)}),
  wanted AS MATERIALIZED (
    SELECT left(t, 3) AS beginning, min(length(t)) - 2 AS shortest, max(length(t)) + 2 AS longest
    FROM strange, unnest(terms) AS t GROUP BY 1),
  lexemes AS (
    SELECT beginning, beginning COLLATE "C" AS term FROM wanted
    UNION ALL
    SELECT l.beginning, next.term FROM lexemes l, LATERAL (
      SELECT min(p.term) AS term FROM unnest((SELECT scopes FROM viewer)) AS s(id), LATERAL (
        SELECT p.term FROM postings p WHERE p.scope_id = s.id AND p.term > l.term ORDER BY p.term LIMIT 1) p) next
    WHERE next.term ^@ l.beginning),
  vocabulary AS MATERIALIZED (
    SELECT l.beginning, l.term FROM (SELECT * FROM lexemes LIMIT ${String(VOCABULARY)}) l JOIN wanted w USING (beginning)
    WHERE length(l.term) BETWEEN w.shortest AND w.longest)
  SELECT word, terms, NULL AS beginning, NULL AS similar FROM strange
  UNION ALL SELECT NULL, NULL, beginning, array_agg(term) FROM vocabulary GROUP BY beginning`,
};

const MEANT = {
  name: 'search-meant-words',
  text: `WITH ${VIEWER}
  SELECT (
    SELECT c.term FROM jsonb_to_recordset(a.alike) AS c(term text, slips int), LATERAL (
      SELECT count(*) AS texts FROM (
        SELECT FROM postings p WHERE p.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[])
          AND p.term = c.term COLLATE "C" AND ${HOLDS} LIMIT ${String(FREQUENT)}) p) n
    WHERE n.texts > 0 ORDER BY c.slips, n.texts DESC, c.term COLLATE "C" LIMIT 1) AS term
  FROM jsonb_array_elements($1::jsonb) AS a(alike)`,
};

/** The statements as they are sent, by name. */
export const spellingStatements = (): readonly { readonly name: string; readonly text: string }[] => [
  STRANGE_WORDS,
  MEANT,
];

/**
 * What words there are in texts, of those the viewer sees: row-level security and the statements themselves each keep to
 * their scopes. `ever` counts also what holds no more, as in searches of another time.
 */
@Injectable()
export class SpellingRepository {
  async strangeWords(tx: Transaction, words: readonly string[], ever: boolean): Promise<StrangeWords> {
    type Line = (StrangeWord & { beginning: null }) | { word: null; beginning: string; similar: string[] };
    const lines = await runNamed<Line>(tx, STRANGE_WORDS, [words, ever]);
    return {
      words: lines.flatMap((line) => (line.word === null ? [] : [{ word: line.word, terms: line.terms }])),
      similar: new Map(lines.flatMap((line) => (line.word === null ? [[line.beginning, line.similar] as const] : []))),
    };
  }

  /** Of each group of lexemes the one with the fewest slips that texts have, and of several the most frequent. */
  async meant(tx: Transaction, groups: readonly (readonly Likeness[])[], ever: boolean): Promise<string[]> {
    const rows = await runNamed<{ term: string | null }>(tx, MEANT, [JSON.stringify(groups), ever]);
    return rows.flatMap(({ term }) => term ?? []);
  }
}
