import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { killServers, until, type Answer } from '../support/process.js';
import { newFirstPerson, newRelative, Replicas, signInAgain, told, type Person } from '../support/replicas/index.js';

/** How often each is tried, so that every process is asked first, second and third. */
const ROUNDS = 9;
const GRACE = 21_000;

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(300_000);

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** Nobody notices which of three processes answers. */
describe('sessions over three processes', () => {
  if (!onPostgres) {
    test('are for real servers', () => {
      expect(onPostgres).toBe(false);
    });
    return;
  }

  let database: TestDatabase;
  let replicas: Replicas;
  let parent: Person;

  beforeAll(async () => {
    database = await newDatabase();
    replicas = await Replicas.start(database);
    parent = await newFirstPerson(replicas.at(0));
  });
  afterAll(async () => {
    await killServers();
    await database.drop();
  });

  /** What each process answers to somebody, all asked at once. */
  const everywhere = (token: string, path = '/auth/me'): Promise<number[]> =>
    Promise.all(replicas.all.map(async (server) => (await server.call('GET', path, { token })).status));
  const refresh = async (index: number, refreshToken: string): Promise<Answer<Tokens & { code?: string }>> =>
    (await replicas.at(index).call('POST', '/auth/refresh', { body: { refresh_token: refreshToken } })) as Answer<
      Tokens & { code?: string }
    >;

  test('one that is opened at one is known at all, and one that is ended at one is refused by all at once', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { token } = await signInAgain(replicas.at(round), parent);
      // Each has read it, and may remember it.
      expect(await everywhere(token)).toEqual([200, 200, 200]);
      expect(await everywhere(token, '/family/members')).toEqual([200, 200, 200]);
      await told(replicas.at(round + 1), 204, 'POST', '/auth/logout', { token });
      expect(await everywhere(token)).toEqual([401, 401, 401]);
      expect(await everywhere(token, '/family/members')).toEqual([401, 401, 401]);
    }
  });

  test('one is refreshed by each in turn, and three that do it at once get one successor', async () => {
    const { refreshToken } = await signInAgain(replicas.at(0), parent);
    let present = refreshToken;
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await Promise.all(replicas.all.map((_, index) => refresh(index, present)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
      present = answers[0]?.body.refresh_token ?? '';
      expect(await everywhere(answers[2]?.body.access_token ?? '')).toEqual([200, 200, 200]);
    }
  });

  test('a refresh token that was used twice ends the session at all', async () => {
    const stolen = await signInAgain(replicas.at(0), parent);
    const begun = Date.now();
    const successor = await refresh(1, stolen.refreshToken);
    const current = await refresh(2, successor.body.refresh_token);
    expect(await everywhere(current.body.access_token)).toEqual([200, 200, 200]);
    const replay = await refresh(0, stolen.refreshToken);
    expect(Date.now() - begun).toBeLessThan(GRACE);
    expect(replay).toMatchObject({ status: 401, body: { code: 'refresh_token_reused' } });
    expect(await everywhere(current.body.access_token)).toEqual([401, 401, 401]);
    expect(await refresh(1, current.body.refresh_token)).toMatchObject({ status: 401 });
  });

  test('a right that one takes away is refused by all at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      const relative = await newRelative(replicas.at(round), parent, 'parent');
      expect(await everywhere(relative.token, '/family/invitations')).toEqual([200, 200, 200]);
      await told(replicas.at(round + 1), 200, 'PATCH', `/family/members/${relative.memberId}`, {
        token: parent.token,
        body: { role: 'teenager' },
      });
      expect(await everywhere(relative.token, '/family/invitations')).toEqual([403, 403, 403]);
      await told(replicas.at(round + 2), 204, 'DELETE', `/family/members/${relative.memberId}`, {
        token: parent.token,
      });
      for (const status of await everywhere(relative.token, '/family/members')) expect([401, 403]).toContain(status);
    }
  });

  test('an API key that one has made is known at all, and one that is deleted is refused by all', async () => {
    const { token } = parent;
    const byKey = (secret: string): Promise<number[]> =>
      Promise.all(
        replicas.all.map(
          async (server) => (await server.fetch('/api/v1/family/members', { headers: { 'x-api-key': secret } })).status,
        ),
      );
    for (let round = 0; round < 3; round += 1) {
      const body = { name: 'A key', scopes: ['member:read'] };
      const made = await told<{ key_id: string; key_secret: string }>(replicas.at(round), 201, 'POST', '/api-keys', {
        token,
        body,
      });
      expect(await byKey(made.key_secret)).toEqual([200, 200, 200]);
      await told(replicas.at(round + 1), 204, 'DELETE', `/api-keys/${made.key_id}`, { token });
      expect(await byKey(made.key_secret)).toEqual([401, 401, 401]);
    }
  });

  test('a new password ends the others at all', async () => {
    const other = await signInAgain(replicas.at(2), parent);
    const mine = await signInAgain(replicas.at(0), parent);
    const body = { current_password: parent.password, new_password: 'quiet-lantern-57-walnuts' };
    const answer = await replicas.at(1).call('POST', '/auth/password/change', { token: mine.token, body });
    expect([200, 204]).toContain(answer.status);
    expect(await everywhere(other.token)).toEqual([401, 401, 401]);
    await until('the new password opens a session at each', async () => {
      const opened = await Promise.all(
        replicas.all.map((server) => signInAgain(server, { ...parent, password: body.new_password })),
      );
      return opened.length === replicas.all.length;
    });
  });
});
