import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Environment } from '../../src/platform/config/index.js';
import { managerOf, TransactionRunner } from '../../src/platform/database/index.js';
import { ReembeddingService } from '../../src/modules/memory/indexing/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { as, newChild, newFirstAdmin, newMember, type FamilyMember } from '../support/factories.js';
import { answer, embed, Provider, type ProviderRequest } from '../support/embedding/provider.js';
import { until } from '../support/process.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(180_000);

const TINY: Environment = {
  EMBEDDINGS: 'local',
  EMBEDDINGS_MODEL: join(import.meta.dirname, '../support/embedding/tiny-model'),
  JOBS_POLL_INTERVAL: '100',
};

interface Found {
  readonly id: string;
  readonly content: string;
  readonly scores?: Readonly<Record<string, number>>;
}

interface Health {
  readonly status: string;
  readonly components: { readonly vector_index: Readonly<Record<string, unknown>> };
}

interface Vector {
  readonly itemId: string;
  readonly scopeId: string;
  readonly documentScope: string;
  readonly model: string;
}

/** What somebody does, and what the index holds of it. */
class Home {
  constructor(
    readonly server: TestApp,
    readonly member: FamilyMember,
  ) {}

  async remember(content: string, fields: object = {}): Promise<string> {
    const { status, body } = await as(this.server, this.member).post<{ id: string }>('/memories', {
      content,
      ...fields,
    });
    expect(status).toBe(201);
    return body.id;
  }

  async search(query: string): Promise<readonly Found[]> {
    const { status, body } = await as(this.server, this.member).post<{ results: Found[] }>('/memories/search', {
      query,
      explain: true,
    });
    expect(status).toBe(200);
    return body.results;
  }

  /** Whether a search goes by meaning too. */
  async isDense(query: string): Promise<boolean> {
    return (await this.search(query)).some(({ scores }) => (scores?.['dense'] ?? 0) !== 0);
  }

  async health(): Promise<Health> {
    const { body } = (await this.server.http().get('/health').set('authorization', this.member.bearer)) as {
      body: Health;
    };
    return body;
  }

  query<Row>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.server.app
      .get(TransactionRunner)
      .runAsWorker(this.member.familyId, (tx) => managerOf(tx).query<Row[]>(statement, [...values]));
  }

  vectors(): Promise<Vector[]> {
    return this.query<Vector>(
      `SELECT d.item_id AS "itemId", e.scope_id AS "scopeId", d.scope_id AS "documentScope", m.name AS model
       FROM embeddings e JOIN documents d ON d.id = e.document_id JOIN embedding_models m ON m.id = e.model_id`,
    );
  }

  async pending(): Promise<number> {
    const [row] = await this.query<{ n: number }>('SELECT count(*)::int AS n FROM documents WHERE is_pending');
    return row?.n ?? 0;
  }

  /** All jobs have ended. */
  idle(): Promise<unknown> {
    return until('the queue is empty', async () => {
      const rows = await this.query(`SELECT FROM jobs.job WHERE queue LIKE 'memory.%' LIMIT 1`);
      return rows.length === 0;
    });
  }
}

describe('vectors of memories', () => {
  const running: TestApp[] = [];
  let database: TestDatabase | undefined;
  let provider: Provider | undefined;

  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
    await provider?.stop();
    await database?.drop();
    provider = database = undefined;
  });

  async function start(env: Environment): Promise<TestApp> {
    database ??= await newDatabase();
    const server = await startApp({ database, env });
    running.push(server);
    return server;
  }

  async function stop(server: TestApp): Promise<void> {
    running.splice(running.indexOf(server), 1);
    await server.close();
  }

  async function moveIn(env: Environment): Promise<Home> {
    const server = await start(env);
    return new Home(server, await newFirstAdmin(server));
  }

  const remote = ({ url }: Provider): Environment => ({
    EMBEDDINGS: 'openai',
    EMBEDDINGS_URL: url,
    EMBEDDINGS_MODEL: 'two',
    EMBEDDINGS_DIMENSIONS: '2',
    JOBS_POLL_INTERVAL: '100',
  });

  test('come after the answer: a memory is found by its words at once, by its meaning soon', async () => {
    const home = await moveIn(TINY);
    const id = await home.remember('The spare key lies under the blue flowerpot.');
    expect((await home.search('flowerpot key')).map((found) => found.id)).toEqual([id]);
    await home.remember('Grandma keeps the christmas lights in the attic.');
    await home.remember('The boiler was serviced by Mr. Brown.');
    await until('nothing waits', async () => (await home.pending()) === 0);
    expect(await home.isDense('flowerpots')).toBe(true);
    expect((await home.health()).components.vector_index).toMatchObject({
      status: 'up',
      semantic_search: 'on',
      model: expect.stringContaining('tiny-model@'),
      dimensions: 64,
      pending_texts: 0,
    });
  });

  test('wait for a provider that is away, and nobody else does', async () => {
    provider = await Provider.start();
    const env = remote(provider);
    const port = Number(new URL(provider.url).port);
    await provider.stop();
    const home = await moveIn(env);

    const id = await home.remember('The plumber is called Mrs. Okafor.');
    await until(
      'health tells of it',
      async () => (await home.health()).components.vector_index['failure'] !== undefined,
    );
    expect((await home.search('plumber')).map((found) => found.id)).toEqual([id]);
    const { status, components } = await home.health();
    expect({ status, component: components.vector_index }).toMatchObject({
      status: 'degraded',
      component: { status: 'down', semantic_search: 'on', pending_texts: 1 },
    });

    provider = await Provider.start(port);
    await until('it has its vector', async () => (await home.vectors()).length === 1);
    await until('health tells of it', async () => (await home.health()).status === 'ok');
    expect(await home.pending()).toBe(0);
  });

  test('come to all but the text that the provider refuses', async () => {
    provider = await Provider.start();
    const refusing = (request: ProviderRequest, response: ServerResponse, socket: IncomingMessage['socket']): void => {
      const isBad = request.body.input.some((text) => text.includes('POISON'));
      (isBad ? answer({ error: { message: 'no' } }, 400) : embed)(request, response, socket);
    };
    provider.next.push(...Array.from({ length: 500 }, () => refusing));
    const home = await moveIn(remote(provider));
    const contents = ['one', 'two', 'three', 'four', 'POISON', 'six', 'seven'].map((word) => `The box says ${word}.`);
    const { status } = await as(home.server, home.member).post('/memories/batch', {
      memories: contents.map((content) => ({ content })),
    });
    expect(status).toBe(201);
    await until('nothing waits', async () => (await home.pending()) === 0);
    expect(await home.vectors()).toHaveLength(contents.length - 1);
    expect((await home.search('poison'))[0]).toMatchObject({ content: 'The box says POISON.' });
    await home.idle();
  });

  test('are not given up when the provider refuses everything', async () => {
    provider = await Provider.start();
    provider.next.push(...Array.from({ length: 12 }, () => answer({ error: { message: 'wrong key' } }, 401)));
    const home = await moveIn(remote(provider));
    await home.remember('The neighbour waters the plants.');
    await home.remember('The neighbour feeds the cat.');
    await until('both have vectors', async () => (await home.vectors()).length === 2);
    expect(await home.pending()).toBe(0);
  });

  test('have the scope of what was shared while they were computed', async () => {
    provider = await Provider.start();
    const { promise: asked, resolve: tell } = Promise.withResolvers<undefined>();
    const { promise: shared, resolve: go } = Promise.withResolvers<undefined>();
    provider.next.push((...request) => {
      tell(undefined);
      void shared.then(() => {
        embed(...request);
      });
    });
    const home = await moveIn(remote(provider));
    const id = await home.remember('The holiday house has a red door.');
    await asked;
    expect((await as(home.server, home.member).post(`/memories/${id}/share`, { visibility: 'family' })).status).toBe(
      200,
    );
    go(undefined);
    await until('it has its vector', async () => (await home.vectors()).length === 1);
    expect(await home.vectors()).toEqual([
      expect.objectContaining({ itemId: id, scopeId: home.member.familyId, documentScope: home.member.familyId }),
    ]);
  });

  test('come to all others when somebody leaves with texts that wait', async () => {
    const home = await moveIn({ JOBS_POLL_INTERVAL: '100' });
    const family = { familyId: home.member.familyId, parent: home.member };
    const guest = await newMember(home.server, family, 'teenager');
    await newChild(home.server, family);
    const secret = new Home(home.server, guest);
    await secret.remember('I keep a diary under the bed.');
    await home.remember('The recycling goes out on Tuesdays.');
    const { status } = await as(home.server, home.member).delete(`/family/members/${guest.memberId}`);
    expect(status).toBe(204);
    const { member } = home;
    await stop(home.server);

    const later = new Home(await start(TINY), member);
    await until('the others have vectors', async () => (await later.vectors()).length === 1);
    await later.idle();
    expect((await later.health()).components.vector_index).toMatchObject({ status: 'up', pending_texts: 0 });
  });

  test('come to what was written before semantic search was on', async () => {
    const home = await moveIn({ EMBEDDINGS: 'none', JOBS_ENABLED: 'false' });
    await home.remember('The wifi is called Casa Azul.');
    const conversation = (await as(home.server, home.member).post<{ id: string }>('/conversations', {})).body.id;
    await as(home.server, home.member).post(`/conversations/${conversation}/turns`, {
      turns: Array.from({ length: 130 }, (_, index) => ({ role: 'assistant', content: `Note ${String(index)}.` })),
    });
    // Nothing is queued that nobody would do.
    expect(await home.query(`SELECT FROM jobs.job WHERE queue = 'memory.embed'`)).toEqual([]);
    await home.idle();
    expect(await home.vectors()).toEqual([]);
    expect((await home.health()).components.vector_index).toMatchObject({
      status: 'up',
      semantic_search: 'off',
      how: expect.stringContaining('models fetch'),
    });
    await stop(home.server);

    const later = new Home(await start(TINY), home.member);
    await until('nothing waits', async () => (await later.pending()) === 0);
    expect(await later.vectors()).toHaveLength(131);
  });

  test('of another model are filled beside those in force, then searched with', async () => {
    const first = await moveIn(TINY);
    const id = await first.remember('The piano was tuned in spring.');
    await first.remember('The bicycle has a flat tyre.');
    await until('nothing waits', async () => (await first.pending()) === 0);
    await stop(first.server);

    provider = await Provider.start();
    const home = new Home(await start(remote(provider)), first.member);
    expect(await home.isDense('piano')).toBe(false);
    expect((await home.search('piano'))[0]?.id).toBe(id);
    const { status, components } = await home.health();
    expect({ status, component: components.vector_index }).toMatchObject({
      status: 'degraded',
      component: {
        status: 'down',
        semantic_search: 'off',
        model: 'two@2',
        model_in_force: expect.stringContaining('tiny-model@'),
        how: expect.stringContaining('reembed'),
      },
    });
    // Written meanwhile, and nobody computes its vector.
    await home.remember('The dog sleeps in the kitchen.');
    await home.idle();
    expect(await home.pending()).toBe(1);

    const events: string[] = [];
    let added: Promise<string> | undefined;
    const result = await home.server.app.get(ReembeddingService).run({
      progress: (done, total) => {
        events.push(`${String(done)} of ${String(total)}`);
        added ??= home.remember('The cat came while it ran.');
      },
      switched: (model) => events.push(model),
    });
    await added;
    expect(result).toMatchObject({ model: 'two@2', refused: 0 });
    expect(events[0]).toBe('0 of 3');
    expect(events).toContain('two@2');
    await until('nothing waits', async () => (await home.pending()) === 0);
    expect((await home.vectors()).map(({ model }) => model)).toEqual(['two@2', 'two@2', 'two@2', 'two@2']);
    expect(await home.isDense('piano')).toBe(true);
    expect((await home.health()).status).toBe('ok');

    // Nothing is left to do.
    const again = await home.server.app
      .get(ReembeddingService)
      .run({ progress: () => undefined, switched: () => undefined });
    expect(again).toEqual({ model: 'two@2', embedded: 0, refused: 0 });
  });

  test('of the earlier model are not written any more by a server that still has it', async () => {
    const home = await moveIn(TINY);
    await home.remember('The scissors are in the drawer.');
    await until('nothing waits', async () => (await home.pending()) === 0);
    // As another process does it.
    await home.query(`INSERT INTO embedding_models (id, name, dimensions) VALUES (100, 'other', 2)`);
    await home.query('UPDATE embedding_models SET is_active = false WHERE is_active');
    await home.query(`UPDATE embedding_models SET is_active = true WHERE name = 'other'`);
    await home.remember('The tape is in the cellar.');
    await home.idle();
    expect(await home.pending()).toBe(1);
    expect(await home.vectors()).toHaveLength(1);
  });
});
