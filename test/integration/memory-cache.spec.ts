import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { Metrics } from '../../src/platform/observability/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newChild,
  newFamily,
  newFirstAdmin,
  newMember,
  newProfile,
  type Caller,
  type TestFamily,
} from '../support/factories.js';
import { until } from '../support/process.js';

interface Found {
  readonly results: readonly { readonly id: string; readonly content: string }[];
}
type Profile = Readonly<Record<string, { readonly value: unknown }>>;
interface Memory {
  readonly id: string;
}

describe('answers about the memory from a cache', () => {
  let server: TestApp;
  let family: TestFamily;
  let parent: Caller;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    // The first account of a server is its administrator, which nobody here should be.
    await newFirstAdmin(server);
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    family = await newFamily(server);
    parent = as(server, family.parent);
  });

  const counts = async (cache: string): Promise<Record<string, number>> => {
    const metric = server.app.get(Metrics).registry.getSingleMetric('family_assistant_cache_requests_total');
    const { values = [] } = (await metric?.get()) ?? {};
    const ofCache = values.filter(({ labels }) => labels['cache'] === cache);
    return Object.fromEntries(ofCache.map(({ labels, value }): [string, number] => [String(labels['outcome']), value]));
  };
  /** How the outcomes of a cache grow by what is done. */
  async function outcomes(cache: string, work: () => Promise<unknown>): Promise<Record<string, number>> {
    const before = await counts(cache);
    await work();
    const after = await counts(cache);
    return Object.fromEntries(
      Object.entries(after).flatMap(([name, value]) =>
        value === (before[name] ?? 0) ? [] : [[name, value - (before[name] ?? 0)]],
      ),
    );
  }
  /** A first try may be a miss, where a step of time falls before it. */
  const untilHit = (cache: string, work: () => Promise<unknown>): Promise<true> =>
    until('a hit', async () => (await outcomes(cache, work))['hit'] === 1);
  const remember = async (who: Caller, content: string, fields: object = {}): Promise<string> => {
    const { status, body } = await who.post<Memory>('/memories', { content, ...fields });
    expect(status).toBe(201);
    return body.id;
  };
  const search = async (who: Caller, query: string, fields: object = {}): Promise<string[]> =>
    (await who.post<Found>('/memories/search', { query, ...fields })).body.results.map(({ content }) => content);

  test('the same search is computed once until something changes', async () => {
    const wifi = 'The wifi password of the summer house is on the fridge';
    const id = await remember(parent, wifi);
    expect(await outcomes('search', () => search(parent, 'wifi password'))).toEqual({ miss: 1 });
    await untilHit('search', () => search(parent, '  wifi password '));
    const spare = await remember(parent, 'A spare wifi password is in the drawer');
    expect(await outcomes('search', () => search(parent, 'wifi password'))).toEqual({ miss: 1 });
    expect(await search(parent, 'wifi password')).toHaveLength(2);
    expect((await parent.delete(`/memories/${spare}`)).status).toBe(204);
    expect(await search(parent, 'wifi password')).toEqual([wifi]);
    expect((await parent.delete(`/memories/${id}`)).status).toBe(204);
    expect(await search(parent, 'wifi password')).toEqual([]);
  });

  test('a hit says what the miss said, scores and all', async () => {
    await remember(parent, 'Leo plays chess on Fridays');
    const request = { query: 'chess on Fridays', explain: true };
    const [miss, hit] = [
      await parent.post<Found>('/memories/search', request),
      await parent.post<Found>('/memories/search', request),
    ];
    expect(hit.body.results).toEqual(miss.body.results);
    expect(miss.body.results).toHaveLength(1);
  });

  test('many who ask at once are served by one computation', async () => {
    await remember(parent, 'The bins go out on Tuesday evening');
    const grown = await outcomes('search', () => Promise.all(Array.from({ length: 20 }, () => search(parent, 'bins'))));
    // Two where a step of time falls among them.
    expect(grown['miss']).toBeLessThanOrEqual(2);
    expect(Object.values(grown).reduce((sum, count) => sum + count, 0)).toBe(20);
  });

  test('a failure is computed again', async () => {
    const bad = { query: 'bins', as_of: 'the day after never' };
    const tries = [await parent.post('/memories/search', bad), await parent.post('/memories/search', bad)];
    expect(tries.map(({ status }) => status)).toEqual([400, 400]);
  });

  test('each viewer has answers of their own, and a change of role changes them at once', async () => {
    const child = await newChild(server, family);
    const teenager = await newMember(server, family, 'teenager');
    await remember(as(server, child), 'My secret hideout is behind the shed');
    const all = [as(server, child), parent, as(server, teenager)];
    const see = async (): Promise<number[]> =>
      (await Promise.all(all.map((who) => search(who, 'secret hideout')))).map(({ length }) => length);
    expect(await see()).toEqual([1, 1, 0]);
    expect(await see()).toEqual([1, 1, 0]);
    expect((await parent.patch(`/family/members/${child.memberId}`, { role: 'teenager' })).status).toBe(200);
    expect(await see()).toEqual([1, 0, 0]);
    expect((await parent.patch(`/family/members/${child.memberId}`, { role: 'child' })).status).toBe(200);
    expect(await see()).toEqual([1, 1, 0]);
    expect((await parent.patch(`/family/members/${child.memberId}`, { role: 'teenager' })).status).toBe(200);
    await remember(as(server, child), 'My diary is behind the shed');
    expect((await parent.patch(`/family/members/${child.memberId}`, { role: 'child' })).status).toBe(200);
    expect(await see()).toEqual([1, 0, 0]);
  });

  test('sharing and taking back are seen at once', async () => {
    const other = as(server, await newMember(server, family, 'parent'));
    const id = await remember(parent, 'The surprise party is on the ninth');
    expect(await search(other, 'surprise party')).toEqual([]);
    expect((await parent.post(`/memories/${id}/share`, { visibility: 'family' })).status).toBeLessThan(300);
    expect(await search(other, 'surprise party')).toHaveLength(1);
    expect((await parent.post(`/memories/${id}/unshare`)).status).toBeLessThan(300);
    expect(await search(other, 'surprise party')).toEqual([]);
  });

  test('a profile is kept, and follows memories, the account and the family', async () => {
    const path = `/users/${family.parent.userId}/profile`;
    const read = async (): Promise<Profile> => (await parent.get<Profile>(path)).body;
    await remember(parent, 'My favourite food is paella');
    expect(await outcomes('profile', read)).toEqual({ miss: 1 });
    await untilHit('profile', read);
    await remember(parent, 'I am allergic to penicillin');
    expect((await read())['allergies']?.value).toEqual(['penicillin']);
    expect((await parent.patch('/users/me', { time_zone: 'Asia/Tokyo' })).status).toBe(200);
    expect((await read())['time_zone']?.value).toBe('Asia/Tokyo');
    const leo = await newProfile(server, family, 'child');
    const zoneOf = async (): Promise<unknown> =>
      (await parent.get<Profile>(`/users/${leo}/profile`)).body['time_zone']?.value;
    await zoneOf();
    expect((await parent.patch('/family', { time_zone: 'America/Lima' })).status).toBe(200);
    expect(await zoneOf()).toBe('America/Lima');
  });

  test('a fact that ends by itself leaves the profile when it does', async () => {
    const path = `/users/${family.parent.userId}/profile`;
    const end = new Date(Date.now() + 5000).toISOString();
    await remember(parent, 'I am allergic to penicillin', { valid_to: end });
    const read = async (): Promise<unknown> => (await parent.get<Profile>(path)).body['allergies']?.value;
    // Whatever a read says, the database says the same at that time: no read after the end still has it.
    await until('the fact has ended', async () => {
      const isOver = Date.now() > Date.parse(end) + 1000;
      const value = await read();
      expect(isOver && value !== null).toBe(false);
      return value === null;
    });
    await untilHit('profile', read);
  });

  test('profiles of those who read lately are warmed after a change', async () => {
    const path = `/users/${family.parent.userId}/profile`;
    await parent.get(path);
    const before = (await counts('profile_warming'))['miss'] ?? 0;
    await remember(parent, 'I am allergic to kiwi');
    await until('it is read again', async () => ((await counts('profile_warming'))['miss'] ?? 0) > before);
    await untilHit('profile', () => parent.get(path));
    const { body } = await parent.get<Profile>(path);
    expect(body['allergies']?.value).toEqual(['kiwi']);
  });

  const redisUrl = process.env['TEST_REDIS_URL'];
  if (redisUrl) {
    test('Redis holds nothing that can be read, and nothing at all after a change', async () => {
      const redis = new Redis(redisUrl);
      try {
        const key = `family-assistant:cache:${family.familyId}`;
        const id = await remember(parent, 'Sentinel-4711 sleeps in the attic');
        expect(await search(parent, 'Sentinel-4711')).toHaveLength(1);
        const entries = await until('it is in Redis', async () => {
          const all = await redis.hgetallBuffer(key);
          return Object.keys(all).length > 1 && all;
        });
        for (const [field, value] of Object.entries(entries)) {
          expect(field + value.toString('latin1')).not.toMatch(/sentinel|attic/i);
        }
        expect(await redis.pttl(key)).toBeLessThanOrEqual(300_000);
        expect((await parent.delete(`/memories/${id}`)).status).toBe(204);
        await until('it is gone', async () => (await redis.exists(key)) === 0);
      } finally {
        redis.disconnect();
      }
    });

    test('a Redis that takes commands and does not answer is done without', async () => {
      const redis = new Redis(redisUrl);
      try {
        await remember(parent, 'The ladder is in the cellar');
        expect(await search(parent, 'ladder')).toHaveLength(1);
        // Longer than the cache is patient. Nothing ends it before its time: what would is held back as well.
        await redis.call('CLIENT', 'PAUSE', '3000', 'ALL');
        await remember(parent, 'The other ladder is in the shed');
        expect(await search(parent, 'ladder')).toHaveLength(2);
        await remember(parent, 'A third ladder is in the garden');
        expect(await search(parent, 'ladder')).toHaveLength(3);
      } finally {
        redis.disconnect();
      }
    });
  }
});
