import { expect } from '@jest/globals';
import { pino } from 'pino';
import { createApp } from '../../src/app.setup.js';
import { loadConfig, type Environment } from '../../src/platform/config/index.js';
import { managerOf, TransactionRunner } from '../../src/platform/database/index.js';
import { until, type Answer, type Resident, type ServerProcess } from '../support/process.js';

const WRITERS = 6;
const TOWNS = ['Madrid', 'Lisbon', 'Paris', 'Rome', 'Berlin', 'Vienna', 'Prague', 'Dublin', 'Oslo', 'Athens'];

/** What was asked to be remembered, and what of it was promised; kept outside of all that is killed. */
export class MemoryLedger {
  readonly memories = new Map<string, string>();
  /** Turns by conversation and number. */
  readonly turns = new Map<string, string>();
  familyId = '';
  private readonly asked = new Set<string>();
  private conversations: string[] = [];
  private token = '';
  private state: number;
  private asks = 0;
  /** The last answer that was no 201. */
  private refusal: unknown;

  constructor(seed: number) {
    this.state = seed;
  }

  get count(): number {
    return this.memories.size + this.turns.size;
  }

  /** A whole number below `limit`, the same in every run (mulberry32, public domain). */
  chance(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  /** Opens conversations. */
  async begin(server: ServerProcess, { token }: Resident): Promise<void> {
    this.token = token;
    const me = (await server.call('GET', '/auth/me', { token })) as Answer<{ family: { id: string } }>;
    this.familyId = me.body.family.id;
    for (let index = 0; index < 2; index += 1) {
      const { body } = (await server.call('POST', '/conversations', { token, body: {} })) as Answer<{ id: string }>;
      this.conversations.push(body.id);
    }
  }

  /** Writes so much more; nothing may fail. */
  async write(server: ServerProcess, amount: number): Promise<void> {
    const enough = this.count + amount;
    const work = async (writer: number): Promise<void> => {
      while (this.count < enough)
        expect({ isDone: await this.writeOne(server, writer), refusal: this.refusal }).toEqual({ isDone: true });
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => work(writer)));
  }

  /** Writes until there is enough, strikes while it goes on, and returns when all writers have failed. */
  async writeUntil(server: ServerProcess, enough: number, strike: () => Promise<unknown>): Promise<void> {
    let struck: Promise<unknown> | undefined;
    const work = async (writer: number): Promise<void> => {
      for (;;) {
        // Whether a write was made that was not answered is unknown, and either is right.
        const isDone = await this.writeOne(server, writer).catch(() => false);
        if (!isDone) return;
        if (this.count >= enough) struck ??= strike();
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => work(writer)));
    expect(struck).toBeDefined(); // they stopped because of the blow, not of something else
    await struck;
  }

  /** All that was promised is there, nothing that was never asked is, and words find it. */
  async verify(server: ServerProcess): Promise<void> {
    const memories = new Map(
      (await this.all<{ id: string; content: string }>(server, '/memories?status=all')).map((row) => [row.id, row]),
    );
    const lost = [...this.memories].filter(([id, content]) => memories.get(id)?.content !== content);
    expect(lost).toEqual([]);
    const turns = new Map<string, string>();
    for (const id of this.conversations) {
      const rows = await this.all<{ turn_number: number; content: string }>(server, `/conversations/${id}/turns?`);
      expect(rows.map(({ turn_number }) => turn_number)).toEqual(rows.map((_, index) => index + 1));
      for (const { turn_number, content } of rows) turns.set(`${id} ${String(turn_number)}`, content);
    }
    expect([...this.turns].filter(([place, content]) => turns.get(place) !== content)).toEqual([]);
    const contents = [...memories.values()].map(({ content }) => content);
    expect([...contents, ...turns.values()].filter((content) => !this.asked.has(content))).toEqual([]);
    for (const content of [...[...this.memories.values()].slice(-3), ...[...this.turns.values()].slice(-3)]) {
      const [, mark = ''] = /(mark\d+)/.exec(content) ?? [];
      const found = (await server.call('POST', '/memories/search', {
        token: this.token,
        body: { query: mark, limit: 20 },
      })) as Answer<{ results: { content: string }[] }>;
      expect(found.status).toBe(200);
      // A value that gave way to a later one is found by asking for its time.
      if (!content.startsWith('I live')) expect(found.body.results.map((one) => one.content)).toContain(content);
    }
  }

  /** Waits until all jobs of the memory have ended. */
  async settled(server: ServerProcess): Promise<void> {
    await until('nothing waits for a vector', async () => {
      const response = await server.fetch('/health', { headers: { authorization: `Bearer ${this.token}` } });
      const { components } = (await response.json()) as {
        components?: { vector_index?: { pending_texts?: number; semantic_search?: string } };
      };
      return components?.vector_index?.semantic_search === 'on' && components.vector_index.pending_texts === 0;
    });
    await until('the queues are empty', async () => {
      const text = await (await server.fetch('/metrics')).text();
      const depths = [...text.matchAll(/queue_depth\{queue="memory\.[^}]*\} (\d+)/g)].map(([, depth]) => depth);
      return depths.length > 0 && depths.every((depth) => depth === '0');
    });
  }

  /** @returns whether it was acknowledged */
  private async writeOne(server: ServerProcess, writer: number): Promise<boolean> {
    this.asks += 1;
    const mark = `mark${String(this.asks)}`;
    const { token } = this;
    const kind = this.chance(4);
    const town = TOWNS[this.chance(TOWNS.length)] ?? '';
    if (kind === 0) {
      // Supersedes the one before it: two rows change, or none.
      return this.remember(server, `I live in ${town} ${mark}.`);
    }
    if (kind === 1) return this.remember(server, `The box ${mark} stands in the cellar.`);
    const conversation = this.conversations[writer % this.conversations.length] ?? '';
    const content = kind === 2 ? `I am allergic to ${mark}.` : `Somebody rang about ${mark}.`;
    this.asked.add(content);
    const answer = (await server.call('POST', `/conversations/${conversation}/turns`, {
      token,
      body: { turns: [{ role: 'user', content }] },
    })) as Answer<{ data: { turn_number: number }[] }>;
    if (answer.status !== 201) {
      this.refusal = answer;
      return false;
    }
    this.turns.set(`${conversation} ${String(answer.body.data[0]?.turn_number)}`, content);
    return true;
  }

  private async remember(server: ServerProcess, content: string): Promise<boolean> {
    this.asked.add(content);
    const answer = (await server.call('POST', '/memories', { token: this.token, body: { content } })) as Answer<{
      id: string;
    }>;
    if (answer.status !== 201) {
      this.refusal = answer;
      return false;
    }
    this.memories.set(answer.body.id, content);
    return true;
  }

  private async all<Row>(server: ServerProcess, path: string): Promise<Row[]> {
    const rows: Row[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = (await server.call('GET', `${path}&limit=100${after}`, { token: this.token })) as Answer<{
        data: Row[];
        next_cursor: string | null;
      }>;
      expect(page.status).toBe(200);
      rows.push(...page.body.data);
      cursor = page.body.next_cursor;
    }
    return rows;
  }
}

/** What must be empty in a database in which nothing was done by half; `$1` is the family, `$2` the model. */
const FAULTS: Readonly<Record<string, string>> = {
  'texts without a vector of the model in force': `SELECT d.id FROM documents d WHERE d.family_id = $1 AND (d.is_pending OR NOT EXISTS (
    SELECT FROM embeddings e JOIN embedding_models m ON m.id = e.model_id AND m.is_active
    WHERE e.document_id = d.id AND e.scope_id = d.scope_id AND ($2::text IS NULL OR m.name = $2)))`,
  'vectors of another model': `SELECT e.document_id FROM embeddings e JOIN documents d ON d.id = e.document_id AND d.family_id = $1
    JOIN embedding_models m ON m.id = e.model_id WHERE NOT m.is_active OR m.name <> coalesce($2, m.name)`,
  'turns that were read twice': `SELECT s.id FROM memories m, unnest(m.source_turn_ids) s(id) WHERE m.family_id = $1
    AND upper_inf(m.recorded) AND $2::text IS NOT DISTINCT FROM $2 GROUP BY s.id HAVING count(DISTINCT m.id) > 1`,
  'statements in turns that were not read': `SELECT t.content FROM turns t WHERE t.family_id = $1 AND t.content LIKE 'I am allergic to %'
    AND $2::text IS NOT DISTINCT FROM $2 AND NOT EXISTS (SELECT FROM memories m WHERE t.id = ANY (m.source_turn_ids))`,
  'memories that gave way to nothing': `SELECT m.id FROM memories m WHERE m.family_id = $1 AND upper_inf(m.recorded)
    AND m.status = 'superseded' AND $2::text IS NOT DISTINCT FROM $2
    AND CASE WHEN m.superseded_by IS NULL THEN upper_inf(m.valid) -- else it ended with time
      ELSE NOT EXISTS (SELECT FROM memories o WHERE o.id = m.superseded_by) END`,
  'memories without a step': `SELECT m.id FROM memories m WHERE m.family_id = $1 AND $2::text IS NOT DISTINCT FROM $2
    AND NOT EXISTS (SELECT FROM memory_steps s WHERE s.memory_id = m.id AND s.version_after = m.version)`,
  'memories with no current version, or several': `SELECT m.id FROM memories m WHERE m.family_id = $1
    AND $2::text IS NOT DISTINCT FROM $2 GROUP BY m.id HAVING count(*) FILTER (WHERE upper_inf(m.recorded)) <> 1`,
  'texts that no item has': `SELECT d.id FROM documents d WHERE d.family_id = $1 AND $2::text IS NOT DISTINCT FROM $2
    AND NOT EXISTS (SELECT FROM memories m WHERE m.document_id = d.id) AND NOT EXISTS (SELECT FROM turns t WHERE t.id = d.item_id)`,
  'dead letters': `SELECT id FROM jobs.dead_letter WHERE payload->>'family_id' = $1::uuid::text AND $2::text IS NOT DISTINCT FROM $2`,
};

/** Looks into the database of a server that has stopped. */
export async function checkMemory(env: Environment, { familyId }: MemoryLedger, model?: string): Promise<void> {
  const config = loadConfig({ ...env, NODE_ENV: 'test', LOG_LEVEL: 'silent', JOBS_ENABLED: 'false' });
  const app = await createApp(config, pino({ level: 'silent' }));
  try {
    await app.init();
    const runner = app.get(TransactionRunner);
    for (const [what, statement] of Object.entries(FAULTS)) {
      const rows = await runner.runAsWorker(familyId, (tx) =>
        managerOf(tx).query<object[]>(statement, [familyId, model ?? null]),
      );
      expect({ what, rows }).toEqual({ what, rows: [] });
    }
  } finally {
    await app.close();
  }
}
