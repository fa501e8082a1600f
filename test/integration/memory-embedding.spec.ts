import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { NOT_TRIED } from '../../src/modules/memory/indexing/embedding.service.js';
import type { Environment } from '../../src/platform/config/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { as, newChild, newFirstAdmin, newMember } from '../support/factories.js';
import { Home, remote, TINY } from '../support/embedding/home.js';
import { answer, embed, Provider, type ProviderRequest } from '../support/embedding/provider.js';
import { until } from '../support/process.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(180_000);

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
      component: { status: 'down', semantic_search: 'off', pending_texts: 1, how: NOT_TRIED },
    });

    provider = await Provider.start(port);
    await until('it has its vector', async () => (await home.vectors()).length === 1);
    await until('health tells of it', async () => (await home.health()).components.vector_index['status'] === 'up');
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
