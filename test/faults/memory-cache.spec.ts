import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Metrics } from '../../src/platform/observability/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { newChild, newFamily, newFirstAdmin, newMember, type FamilyMember } from '../support/factories.js';
import { latest, MemoryModel, type Fault, type MemoryNow } from '../support/memory-model.js';
import { killServers, ServerProcess, serversControl, until } from '../support/process.js';

/** Seconds of the race: a sample in the ordinary run, a minute in `make test-faults`. */
const SECONDS = Number(process.env['FAULT_ROUNDS'] ?? '4') >= 20 ? 60 : 5;
const SEED = Number(process.env['FAULT_SEED'] ?? '20261121');
/** Memories of one writer: all of a family's fit into one page of results. */
const MOST = 15;

const control = serversControl();

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000 + SECONDS * 4000);

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * No stale and no foreign answer: writers remember, reword, erase, share, take back, contest and change roles, while
 * others search, list and read profiles. On real servers by two processes, with Redis stopped and started meanwhile.
 */
describe('a cache under a race of writes and reads', () => {
  let database: TestDatabase;
  let server: TestApp;
  let urls: string[];

  beforeAll(async () => {
    database = await newDatabase();
    const env = { REGISTRATION: 'open', ACCESS_TOKEN_TTL: '3600' };
    server = await startApp({ database, env });
    await newFirstAdmin(server);
    urls = [server.url];
    // The embedded database has one process.
    if (database.kind === 'postgresql') urls.push((await ServerProcess.start({ ...database.env, ...env })).url);
  });
  afterAll(async () => {
    await killServers();
    await server.close();
    await database.drop();
  });

  async function call(url: string, who: FamilyMember, method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: who.bearer, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  test('what one process writes another one answers with at once', async () => {
    const family = await newFamily(server);
    const { parent } = family;
    const search = async (url: string): Promise<unknown[]> =>
      ((await call(url, parent, 'POST', '/memories/search', { query: 'zugzwang' })).body as { results: unknown[] })
        .results;
    for (let round = 1; round <= 10; round += 1) {
      const [writer = '', reader = ''] = round % 2 === 0 ? urls : [...urls].reverse();
      expect(await search(reader || writer)).toHaveLength(round - 1);
      const content = `Zugzwang number ${String(round)} was played`;
      expect((await call(writer, parent, 'POST', '/memories', { content })).status).toBe(201);
      for (const url of urls) expect(await search(url)).toHaveLength(round);
    }
  });

  test(`${String(SECONDS)} seconds: nothing stale, nothing foreign`, async () => {
    const random = seeded(SEED);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    const family = await newFamily(server);
    const others = await newFamily(server);
    const [child, sibling, teenager, second] = [
      await newChild(server, family),
      await newChild(server, family),
      await newMember(server, family, 'teenager'),
      await newMember(server, family, 'parent'),
    ];
    const all = [family.parent, second, teenager, child, sibling];
    const model = new MemoryModel();
    for (const who of [family.parent, second]) model.join(who.memberId, 'parent');
    model.join(teenager.memberId, 'teenager');
    for (const who of [child, sibling]) model.join(who.memberId, 'child');
    const ofOthers = new MemoryModel();
    ofOthers.join(others.parent.memberId, 'parent');

    const ids = new Map<object, string>();
    const deadline = Date.now() + SECONDS * 1000;
    const isOver = (): boolean => Date.now() > deadline;
    const faults: (Fault & { how: string; who: string })[] = [];
    const tally = { writes: 0, reads: 0, judged: 0, refused: 0 };
    const content = (token: string): string => `I am allergic to ${token}`;

    const write = async (who: FamilyMember, method: string, path: string, body?: object): Promise<Answer> => {
      const answer = await call(pick(urls), who, method, path, body);
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
      tally.writes += 1;
      return answer;
    };

    const writer = async (who: FamilyMember, known: MemoryModel, audience: string): Promise<void> => {
      while (!isOver()) {
        const alive = known.alive(who.memberId);
        const act = alive.length < 4 ? 'create' : alive.length > MOST ? 'delete' : pick(ACTS);
        const memory = pick(alive);
        const state = act === 'create' ? null : latest(memory.past);
        // Between writes the same is read again and again.
        const enough = tally.reads + Math.floor(random() * 40);
        await until('some reads', () => tally.reads >= enough || isOver());
        if (state === null) {
          const visibility = pick(['private', 'family', 'audience'] as const);
          const next: MemoryNow = {
            token: newToken(),
            visibility,
            audience: visibility === 'audience' ? [audience] : [],
          };
          const sharing = visibility === 'audience' ? { visibility, audience: next.audience } : { visibility };
          let id = '';
          const made = await known.create(who.memberId, next, async () => {
            const answer = await write(who, 'POST', '/memories', { content: content(next.token), ...sharing });
            id = (answer.body as { id: string }).id;
          });
          ids.set(made, id);
          continue;
        }
        const path = `/memories/${ids.get(memory) ?? ''}`;
        if (act === 'delete') await known.alter(memory, null, () => write(who, 'DELETE', path));
        else if (act === 'patch') {
          const token = newToken();
          await known.alter(memory, { ...state, token }, () => write(who, 'PATCH', path, { content: content(token) }));
        } else if (act === 'contest') {
          await known.alter(memory, state, async () => {
            const answer = await call(pick(urls), who, 'POST', `${path}/contest`, {});
            expect([200, 201, 409]).toContain(answer.status);
          });
        } else if (act === 'share') {
          await known.alter(memory, { ...state, visibility: 'family', audience: [] }, () =>
            write(who, 'POST', `${path}/share`, { visibility: 'family' }),
          );
        } else {
          await known.alter(memory, { ...state, visibility: 'private', audience: [] }, () =>
            write(who, 'POST', `${path}/unshare`),
          );
        }
      }
    };

    const changer = async (): Promise<void> => {
      while (!isOver()) {
        const enough = tally.reads + 12;
        await until('some reads', () => tally.reads > enough || isOver());
        const role = model.roleOf(child.memberId) === 'child' ? 'teenager' : 'child';
        await model.alterRole(child.memberId, role, () =>
          write(family.parent, 'PATCH', `/family/members/${child.memberId}`, { role }),
        );
      }
    };

    const reader = async (who: FamilyMember, known: MemoryModel, people: readonly FamilyMember[]): Promise<void> => {
      while (!isOver()) {
        const how = pick(['search', 'search', 'search', 'list', 'profile'] as const);
        const subject = known === model && model.roleOf(who.memberId) === 'parent' ? pick(people) : who;
        const begun = known.tick();
        const answer =
          how === 'search'
            ? await call(pick(urls), who, 'POST', '/memories/search', { query: 'who is allergic', limit: 100 })
            : how === 'list'
              ? await call(pick(urls), who, 'GET', '/memories?limit=100&status=all')
              : await call(pick(urls), who, 'GET', `/users/${subject.memberId}/profile`);
        tally.reads += 1;
        if (answer.status !== 200) {
          tally.refused += 1;
          continue;
        }
        const tokens = new Set(JSON.stringify(answer.body).match(TOKENS) ?? []);
        const reading = { viewerId: who.memberId, begun, ended: known.tick(), tokens };
        const verdict = known.judge(how === 'profile' ? { ...reading, ownerId: subject.memberId } : reading);
        tally.judged += verdict.judged;
        faults.push(...verdict.faults.map((fault) => ({ ...fault, how, who: who.memberId })));
      }
    };

    const breaker = async (): Promise<void> => {
      if (!control) return;
      for (let isThere = true; !isOver(); isThere = !isThere) {
        const enough = tally.reads + 100;
        await until('some reads', () => tally.reads > enough || isOver());
        await control(isThere ? 'redis-stop' : 'redis-start');
      }
      await control('redis-start');
    };

    await Promise.all([
      writer(family.parent, model, teenager.memberId),
      writer(child, model, teenager.memberId),
      writer(sibling, model, teenager.memberId),
      writer(others.parent, ofOthers, others.parent.memberId),
      changer(),
      breaker(),
      ...all.flatMap((who) => [reader(who, model, all), reader(who, model, all)]),
      reader(others.parent, ofOthers, [others.parent]),
    ]);

    expect(faults).toEqual([]);
    expect(tally.refused).toBeLessThan(tally.reads / 10);
    expect(tally.writes).toBeGreaterThan(0);
    expect(tally.judged).toBeGreaterThan(0);
    const text = await server.app.get(Metrics).registry.metrics();
    const hits = /cache_requests_total\{cache="search",outcome="hit"\} (\d+)/.exec(text)?.[1];
    expect(Number(hits)).toBeGreaterThan(0);
    process.stderr.write(`${JSON.stringify({ ...tally, hits })}\n`);
  });
});

const ACTS = ['create', 'patch', 'delete', 'share', 'unshare', 'contest'] as const;

/** Words that no text has otherwise, and no stemmer shortens. */
const newToken = (): string => `zq${[...randomBytes(8)].map((byte) => 'bcdfghklmnprtvwx'[byte % 16]).join('')}zq`;
const TOKENS = /zq[bcdfghklmnprtvwx]{8}zq/g;

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
