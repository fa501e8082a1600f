import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Environment } from '../../src/platform/config/index.js';
import { ReembeddingService } from '../../src/modules/memory/indexing/index.js';
import { cli } from '../support/cli.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { Home, remote, TINY_MODEL } from '../support/embedding/home.js';
import { answer, embed, Provider, type Behaviour } from '../support/embedding/provider.js';
import { asIdentity, newFirstAdmin } from '../support/factories.js';
import { killServers, ServerProcess, until } from '../support/process.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(180_000);

describe('another model', () => {
  const running: TestApp[] = [];
  let database: TestDatabase;
  let models: string;
  let provider: Provider;

  beforeEach(async () => {
    database = await newDatabase();
    provider = await Provider.start();
    models = mkdtempSync(join(tmpdir(), 'family-assistant-models-'));
    for (const name of ['one', 'two']) cpSync(TINY_MODEL, join(models, name), { recursive: true });
  });
  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
    await killServers();
    await provider.stop();
    await database.drop();
    rmSync(models, { recursive: true });
  });

  const local = (name: string, more: Environment = {}): Environment => ({
    EMBEDDINGS: 'local',
    EMBEDDINGS_MODEL: join(models, name),
    JOBS_POLL_INTERVAL: '100',
    ...more,
  });
  const WITHOUT_JOBS = { JOBS_ENABLED: 'false' };

  /** The server with other settings: the parent who restarts it. */
  async function restart(home: Home, env: Environment): Promise<Home> {
    await running.pop()?.close();
    return new Home(await start(env), home.member);
  }
  async function start(env: Environment): Promise<TestApp> {
    const server = await startApp({ database, env });
    running.push(server);
    return server;
  }
  /** Somebody with three memories and their vectors. */
  async function moveIn(env: Environment): Promise<Home> {
    const server = await start(env);
    const home = new Home(server, await newFirstAdmin(server));
    for (const content of ['The piano was tuned in spring.', 'The bicycle has a flat tyre.', 'The tap drips.'])
      await home.remember(content);
    await until('nothing waits', async () => (await home.pending()) === 0);
    return home;
  }
  const index = async (home: Home): Promise<Readonly<Record<string, unknown>>> =>
    (await home.health()).components.vector_index;
  const modelsOf = async (home: Home): Promise<string[]> => [
    ...new Set((await home.vectors()).map(({ model }) => model.replace(/@.*/, ''))),
  ];

  test('is set and the server restarted: searches go by the earlier one, then by the new one', async () => {
    const first = await moveIn(local('one'));
    expect(await first.isDense('pianos')).toBe(true);

    // Where no jobs run nothing is filled, so there is time to look.
    const between = await restart(first, local('two', WITHOUT_JOBS));
    expect(await between.isDense('pianos')).toBe(true);
    expect(await index(between)).toMatchObject({
      status: 'up',
      semantic_search: 'on',
      model: expect.stringMatching(/^two@/),
      model_in_force: expect.stringMatching(/^one@/),
    });
    await between.remember('The dog sleeps in the kitchen.');
    expect(await modelsOf(between)).toEqual(['one']);

    const after = await restart(between, local('two'));
    await until('the new one is in force', async () => (await index(after))['model_in_force'] === undefined);
    await until('the old vectors are gone', async () => (await modelsOf(after)).join() === 'two');
    expect(await after.vectors()).toHaveLength(4);
    expect(await after.pending()).toBe(0);
    expect(await after.isDense('pianos')).toBe(true);
    expect(await index(after)).toMatchObject({ status: 'up' });
    await after.remember('The cat came later.');
    await until('it has a vector at once', async () => (await after.vectors()).length === 5);
  });

  test('that is mistyped leaves the earlier one in force, and health tells why', async () => {
    const first = await moveIn(remote(provider));
    const unknown: Behaviour = (request, ...rest) => {
      const behaviour = request.body.model === 'tow' ? answer({ error: { message: 'no such model' } }, 404) : embed;
      behaviour(request, ...rest);
    };
    provider.next.push(...Array.from({ length: 10_000 }, () => unknown));
    const wrong = await restart(first, remote(provider, 'tow'));
    await until('health tells of it', async () => String((await index(wrong))['failure']).includes('404'));
    expect(await index(wrong)).toMatchObject({ status: 'down', semantic_search: 'on', model_in_force: 'two@2' });
    expect(await wrong.isDense('piano')).toBe(true);
    expect(await modelsOf(wrong)).toEqual(['two']);

    const right = await restart(wrong, remote(provider));
    await right.remember('The dog sleeps in the kitchen.');
    await until('it has a vector', async () => (await right.vectors()).length === 4);
    expect(await index(right)).toMatchObject({ status: 'up' });
  });

  test('that is mistyped as the first one does not stand in the way of the right one', async () => {
    provider.next.push(...Array.from({ length: 10_000 }, () => answer({ error: { message: 'no such model' } }, 404)));
    const server = await start(remote(provider, 'tow'));
    const wrong = new Home(server, await newFirstAdmin(server));
    const id = await wrong.remember('The piano was tuned in spring.');
    await until('health tells of it', async () => String((await index(wrong))['failure']).includes('404'));
    expect(await index(wrong)).toMatchObject({ status: 'down', semantic_search: 'off', pending_texts: 1 });
    expect((await wrong.search('piano')).map((found) => found.id)).toEqual([id]);

    provider.next.length = 0;
    const right = await restart(wrong, remote(provider));
    await until('it has a vector', async () => (await right.vectors()).length === 1);
    for (const content of ['The bicycle has a flat tyre.', 'The tap drips.']) await right.remember(content);
    await until('all have one', async () => (await right.vectors()).length === 3);
    await until('health is well', async () => (await index(right))['status'] === 'up');
    expect(await right.isDense('piano')).toBe(true);
  });

  test('gives way to words alone where the earlier one is gone, and what is written meanwhile gets its vector', async () => {
    const first = await moveIn(local('one'));
    const { promise: opened, resolve: open } = Promise.withResolvers<undefined>();
    provider.next.push(
      ...Array.from({ length: 3 }, (): Behaviour => (...request) => {
        void opened.then(() => {
          embed(...request);
        });
      }),
    );
    const home = await restart(first, remote(provider));
    await until('it is asked', () => provider.requests.length === 1);
    expect(await home.isDense('piano')).toBe(false);
    expect((await home.search('piano'))[0]?.content).toContain('piano');
    expect(await index(home)).toMatchObject({ status: 'down', semantic_search: 'off', model: 'two@2' });
    await home.remember('The dog sleeps in the kitchen.');
    open(undefined);
    await until('it is in force', async () => (await index(home))['status'] === 'up');
    await until('the old vectors are gone', async () => (await modelsOf(home)).join() === 'two');
    expect(await home.vectors()).toHaveLength(4);
    expect(await home.isDense('piano')).toBe(true);
  });

  test('is filled by the command as well, beside those in force', async () => {
    const first = await moveIn(local('one'));
    const home = await restart(first, { ...remote(provider), ...WITHOUT_JOBS });
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
    expect(await modelsOf(home)).toEqual(['two']);
    expect(await home.isDense('piano')).toBe(true);
    const switches = `SELECT details FROM audit_events WHERE action = 'embedding.switch'`;
    expect(await asIdentity(home.server, switches, [])).toEqual([{ details: { model: 'two@2' } }]);

    // Nothing is left to do, but for what was written after the last look.
    await home.server.app.get(ReembeddingService).run({ progress: () => undefined, switched: () => undefined });
    const again = await home.server.app
      .get(ReembeddingService)
      .run({ progress: () => undefined, switched: () => undefined });
    expect(again).toEqual({ model: 'two@2', embedded: 0, refused: 0 });
    expect(await home.vectors()).toHaveLength(4);
  });

  (onPostgres ? test.skip : test)('by the command while the server runs: it says what to do instead', async () => {
    const server = await ServerProcess.start({ ...database.env, ...local('one') });
    const { code, stderr } = await cli({ ...database.env, ...local('two') }, ['reembed']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/restart it.*\(server_running\)$/m) });
    await server.stop();
  });
});
