import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import type { MemoryResponse } from '../../src/modules/memory/dto/memory.response.js';
import type { SearchResponse } from '../../src/modules/memory/dto/search.response.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { as, problem, type Answer, type PageOf } from '../support/factories.js';
import { Chance } from './chance.js';
import { attemptsOn, leakingAnswers, tellingAnswers } from './memory-attempts.js';
import { mayKnow, newWorld, type Onlooker, type Secret, type World } from './memory-world.js';

// A busy machine is slow, not wrong.
jest.setTimeout(600_000);

/** Both walls, from outside: what the server answers. */
describe('through the server', () => {
  let server: TestApp;
  let world: World;
  const chance = new Chance(4711);

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    world = await newWorld(server, chance, 6);
  });
  afterAll(() => server.close());

  const named = (name: string): Onlooker => {
    const one = world.onlookers.find((onlooker) => onlooker.name === name);
    if (!one) throw new Error(`there is no ${name}`);
    return one;
  };
  const hiddenFrom = (viewer: Onlooker, type: Secret['type']): Secret =>
    chance.of(world.secrets.filter((secret) => secret.type === type && !mayKnow(viewer, secret)));

  it('what is hidden is answered like what does not exist, whatever is tried', async () => {
    const { asked, telling } = await tellingAnswers(server, world, chance, 12);
    expect(telling).toEqual([]);
    expect(asked).toBeGreaterThan(500);
  });

  it('no list, search or profile has any of it, not even as an id', async () => {
    const { shown, leaking } = await leakingAnswers(server, world, chance);
    expect(leaking).toEqual([]);
    expect(shown).toBeGreaterThan(1000);
  });

  it('as many statements are asked for what is hidden as for what does not exist', async () => {
    const dataSource = server.app.get(DataSource);
    const { logger } = dataSource;
    let statements = 0;
    dataSource.logger = Object.assign(Object.create(logger) as typeof logger, {
      logQuery: () => {
        statements += 1;
      },
    });
    const viewer = named('teenager');
    const caller = as(server, viewer.signedIn);
    const counted = async (ask: () => Promise<Answer<unknown>>): Promise<number> => {
      statements = 0;
      expect((await ask()).status).toBe(404);
      return statements;
    };
    const differing: object[] = [];
    for (const type of ['memory', 'conversation'] as const) {
      const secret = hiddenFrom(viewer, type);
      for (const { name, send } of attemptsOn(secret)) {
        const hidden = await counted(() => send(caller, secret.id));
        const unknown = await counted(() => send(caller, randomUUID()));
        expect(hidden).toBeGreaterThan(0);
        if (hidden !== unknown) differing.push({ name, hidden, unknown });
      }
    }
    dataSource.logger = logger;
    expect(differing).toEqual([]);
  });

  it('a batch that names somebody of another family is refused like one that names nobody', async () => {
    const caller = as(server, named('parent').signedIn);
    const foreign = named('their parent').memberId;
    const shapes = async (fields: (id: string) => object): Promise<unknown[]> => {
      const answers: unknown[] = [];
      for (const id of [foreign, randomUUID()]) {
        const memories = [{ content: 'First' }, { content: 'Mallory', ...fields(id) }];
        const { status, body } = await caller.post<{ code: string; errors: unknown }>('/memories/batch', { memories });
        answers.push({ status, code: body.code, errors: body.errors });
      }
      return answers;
    };
    const [subject, nobodysSubject] = await shapes((id) => ({ subject_id: id }));
    expect(subject).toEqual(nobodysSubject);
    expect(subject).toMatchObject({ status: 400, errors: [{ field: 'memories[1].subject_id' }] });
    const [audience, nobodysAudience] = await shapes((id) => ({ audience: [id] }));
    expect(audience).toEqual(nobodysAudience);
    expect(audience).toMatchObject({ status: 400, errors: [{ field: 'memories[1].audience' }] });
    const { body } = await caller.get<PageOf<MemoryResponse>>('/memories?limit=100');
    expect(body.data.filter(({ content }) => content === 'First')).toEqual([]);
  });

  it("an Idempotency-Key is its member's alone", async () => {
    const request = { content: 'The spare key lies under the blue pot' };
    const key = { 'Idempotency-Key': 'the-same-key' };
    const mine = await as(server, named('parent').signedIn).with(key).post<MemoryResponse>('/memories', request);
    const other = await as(server, named('teenager').signedIn).with(key).post<MemoryResponse>('/memories', {
      content: 'Something else',
    });
    expect([mine.status, other.status]).toEqual([201, 201]);
    expect(other.body).toMatchObject({ content: 'Something else', owner_id: named('teenager').memberId });
    // What was made under it is gone: then so is the answer.
    const again = as(server, named('parent').signedIn).with(key);
    expect(await again.post('/memories', request)).toMatchObject({ status: 201, body: { id: mine.body.id } });
    await again.delete(`/memories/${mine.body.id}`);
    expect(await again.post('/memories', request)).toMatchObject(problem(404, 'memory_not_found'));
  });

  it('a search gives the same scores whatever others keep to themselves', async () => {
    const [viewer, other] = [as(server, named('teenager').signedIn), as(server, named('grandparent').signedIn)];
    await viewer.post('/memories', { content: 'Granny hid the zeppelin in the attic' });
    const scores = async (): Promise<object[]> => {
      const { body } = await viewer.post<SearchResponse>('/memories/search', {
        query: 'zeppelin attic',
        explain: true,
      });
      // Recency goes by the clock.
      return body.results.map(({ id, scores: parts }) => ({ id, ...parts, recency: 0 }));
    };
    const before = await scores();
    expect(before.length).toBeGreaterThan(0);
    const memories = Array.from({ length: 50 }, (_, index) => ({ content: `zeppelin attic ${String(index)}` }));
    expect(await other.post('/memories/batch', { memories })).toMatchObject({ status: 201 });
    expect(await scores()).toEqual(before);
  });
});
