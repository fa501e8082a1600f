import { createHash } from 'node:crypto';
import type { Probe } from '../../../platform/probes/index.js';

/** Scopes and words that are asked for: the newest ones, and the words that are in the fewest texts. */
const SCOPES = 20;
const WORDS = 5;

/**
 * A search by words in the newest scopes, through the same index as every search. Two databases of the same contents
 * give the same texts in the same order.
 */
export const SEARCH_PROBE: Probe = {
  name: 'search',
  async ask(query) {
    const rows = await query<{ line: string }>(SEARCH, [SCOPES, WORDS]);
    return createHash('sha256')
      .update(rows.map(({ line }) => line).join('\n'))
      .digest('hex');
  },
};

const SEARCH = `
  WITH scopes AS (
    SELECT scope_id, max(id) AS newest FROM public.documents WHERE is_live GROUP BY scope_id ORDER BY newest DESC, scope_id LIMIT $1
  ), words AS (
    SELECT s.scope_id, w.term FROM scopes s CROSS JOIN LATERAL (
      SELECT p.term, count(*) AS texts FROM public.postings p JOIN public.documents d ON d.id = p.document_id AND d.is_live
      WHERE p.scope_id = s.scope_id GROUP BY p.term ORDER BY texts, p.term COLLATE "C" LIMIT $2) w
  )
  SELECT w.scope_id::text || ' ' || w.term || ' ' || coalesce((
    SELECT string_agg(d.item_id::text, ',' ORDER BY p.frequency DESC, d.id)
    FROM public.postings p JOIN public.documents d ON d.id = p.document_id
    WHERE p.scope_id = w.scope_id AND p.term = w.term AND d.is_live), '') AS line
  FROM words w ORDER BY w.scope_id, w.term COLLATE "C"`;
