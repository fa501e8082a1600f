import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SEARCH_PLAN, searchStatements } from '../../src/modules/memory/search/search.repository.js';
import { spellingStatements } from '../../src/modules/memory/search/spelling.repository.js';
import { managerOf, TransactionRunner } from '../../src/platform/database/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFamily, newFirstAdmin, type TestFamily } from '../support/factories.js';

/** Rows of others, so that reading a whole table would be the wrong thing to do. */
const OTHERS = 3000;
const OWN = 20;

/** Which of the two that begin with the scope is a matter of statistics. */
const DOCUMENTS: unknown = expect.stringMatching(/^documents_(live|scope)_idx$/);

/** Search reads what the viewer has, whoever else has how much. */
describe('indexes of search', () => {
  let server: TestApp;
  let family: TestFamily;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open', EMBEDDINGS: 'none', JOBS_ENABLED: 'false' } });
    await newFirstAdmin(server);
    family = await newFamily(server);
    const other = await newFamily(server);
    await server.app.get(TransactionRunner).runAsIdentity(async (tx) => {
      await managerOf(tx).query(
        `INSERT INTO embedding_models (id, name, dimensions, is_active) VALUES (1, 'test', 3, true)`,
      );
    });
    await fill(other, OTHERS, 1000);
    await fill(family, OWN, 10_000);
  });
  afterAll(() => server.close());

  async function fill({ familyId, parent }: TestFamily, count: number, from: number): Promise<void> {
    await server.app.get(TransactionRunner).runAsWorker(familyId, async (tx) => {
      for (const statement of [
        `INSERT INTO memories (id, version, document_id, family_id, scope_id, owner_id, author_id, kind, content, language,
           authority, importance, confidence, status, valid, is_since_stated, recorded, content_hash, created_at)
         SELECT md5((n + $3::int)::text)::uuid, 1, (n + $3::int) * 65536::bigint, $2, $1, $1, $1, 'note', 'word', 'en', 'self', 0.5, 1,
           'live', tstzrange(now(), NULL), false, tstzrange(now(), NULL), '', now() FROM generate_series(1, $4::int) n`,
        `INSERT INTO documents SELECT (n + $3::int) * 65536::bigint, $1, $2, 'memory', md5((n + $3::int)::text)::uuid, NULL, NULL, NULL, 'en', 2, true, false,
           false, false, false, false, 0.5, 1, now() FROM generate_series(1, $4::int) n`,
        `INSERT INTO postings SELECT $1, w, (n + $3::int) * 65536::bigint, 1, 2 FROM generate_series(1, $4::int) n,
           unnest(ARRAY['e:word' || n % 50, 'e:other' || n % 7]) w WHERE $2::uuid IS NOT NULL`,
        `INSERT INTO embeddings SELECT (n + $3::int) * 65536::bigint, 1, $1, '[0.6,0.8,0]' FROM generate_series(1, $4::int) n
           WHERE $2::uuid IS NOT NULL`,
      ])
        await managerOf(tx).query(statement, [parent.memberId, familyId, from, count]);
    });
  }

  interface Node {
    readonly 'Node Type': string;
    readonly 'Relation Name'?: string;
    readonly 'Index Name'?: string;
    readonly 'Rows Removed by Filter'?: number;
    readonly 'Actual Rows'?: number;
    readonly Plans?: readonly Node[];
  }
  const all = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(all)];

  function planOf(name: string): Promise<Node[]> {
    const text = searchStatements().find((statement) => statement.name === name)?.text ?? '';
    const count = new Set(text.match(/\$\d+/g)).size;
    const filters = [`'{memory,turn}'`, 'NULL', 'NULL', `'{note}'`, 'NULL', 'NULL', 'NULL'];
    const isDense = name.includes('dense');
    const values = [
      ...[`'{e:word1,e:other2}'`, 'false'],
      ...(name.includes('filtered') ? filters : []),
      ...(isDense ? [`'[0.6,0.8,0]'`] : []),
      ...(name.includes('filtered') ? ['now()'] : []),
      ...(isDense ? ['1'] : []),
      'NULL',
    ];
    expect(count).toBe(values.length);
    return explain(text, values, SEARCH_PLAN);
  }

  function explain(text: string, values: readonly string[], planning: string): Promise<Node[]> {
    return server.app.get(TransactionRunner).runAsWorker(family.familyId, async (tx) => {
      await managerOf(tx).query(`SELECT ${planning}`);
      await managerOf(tx).query(`PREPARE search AS ${text}`);
      const [row] = await managerOf(tx).query<{ 'QUERY PLAN': { Plan: Node }[] | string }[]>(
        `EXPLAIN (ANALYZE, FORMAT json) EXECUTE search (${values.join()})`,
      );
      await managerOf(tx).query('DEALLOCATE search');
      const plan = row?.['QUERY PLAN'];
      const parsed = (typeof plan === 'string' ? JSON.parse(plan) : plan) as { Plan: Node }[];
      return all(parsed[0]?.Plan ?? { 'Node Type': '' });
    });
  }

  it.each([
    ['search-live-lexical', [DOCUMENTS, 'postings_pkey']],
    ['search-live-dense', [DOCUMENTS, 'postings_pkey', 'embeddings_scope_idx']],
    ['search-filtered-lexical', [DOCUMENTS, 'postings_pkey', 'memories_scope_idx']],
    ['search-filtered-dense', [DOCUMENTS, 'postings_pkey', 'memories_scope_idx', 'embeddings_scope_idx']],
  ])('%s reads by %j and never a whole table', async (name, indexes) => {
    const nodes = await planOf(name);
    expect(nodes.flatMap((node) => node['Index Name'] ?? [])).toEqual(expect.arrayContaining(indexes));
    expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'members')).toEqual([]);
    const read = nodes.filter((node) =>
      ['documents', 'postings', 'embeddings', 'memories', 'turns'].includes(node['Relation Name'] ?? ''),
    );
    expect(
      Math.max(...read.map((node) => (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0))),
    ).toBeLessThanOrEqual(2 * OWN);
  });

  it.each([
    ['search-strange-words', `'{worm1x,otherr,zebra}', false`],
    ['search-meant-words', `'[[{"term":"e:word1","slips":1},{"term":"e:word2","slips":1}]]', false`],
  ])('%s reads by its index, a lexeme at a time', async (name, values) => {
    const text = spellingStatements().find((statement) => statement.name === name)?.text ?? '';
    const nodes = await explain(text, [values], "set_config('plan_cache_mode', 'force_generic_plan', true)");
    const read = nodes.filter((node) => ['documents', 'postings'].includes(node['Relation Name'] ?? ''));
    expect(read.map((node) => node['Index Name']).toSorted()).toEqual(
      expect.arrayContaining(['documents_pkey', 'postings_pkey']),
    );
    expect(read.filter((node) => node['Index Name'] === undefined)).toEqual([]);
    // One row each time it is asked.
    const rows = read.map((node) => (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0));
    expect(Math.max(...rows)).toBeLessThanOrEqual(OWN);
  });
});
