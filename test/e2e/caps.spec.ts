import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  nobody,
  problem,
  signIn,
  type Answer,
  type PageOf,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

let server: TestApp;

beforeAll(async () => {
  server = await startApp({
    env: {
      REGISTRATION: 'open',
      SESSIONS_PER_USER: '3',
      FAMILIES_PER_USER: '3',
      OPEN_INVITATIONS_PER_FAMILY: '3',
      SESSION_MAX_AGE: '3600',
    },
  });
  await newFirstAdmin(server);
});
afterAll(() => server.close());

const statuses = (answers: readonly Answer<unknown>[]): number[] => answers.map(({ status }) => status).sort();
const atOnce = <T>(count: number, work: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, work));

describe('sessions of a person', () => {
  const isLive = async (bearer: string): Promise<boolean> =>
    (await as(server, { bearer }).get('/auth/me')).status === 200;

  it('that are too many end, first the one that was unused for longest', async () => {
    const { parent } = await newFamily(server); // the first one
    const [second, third] = [await signIn(server, parent.email), await signIn(server, parent.email)];
    const refreshed = await nobody(server).post<{ access_token: string }>('/auth/refresh', {
      refresh_token: parent.refreshToken,
    });
    expect(refreshed.status).toBe(200);
    const fourth = await signIn(server, parent.email);
    const bearers = [parent.bearer, second.bearer, third.bearer, fourth.bearer];
    expect(await Promise.all(bearers.map(isLive))).toEqual([true, false, true, true]);
    const { body } = await as(server, parent).get<PageOf<object>>('/auth/sessions');
    expect(body.data).toHaveLength(3);
    expect(await nobody(server).post('/auth/refresh', { refresh_token: second.refreshToken })).toMatchObject(
      problem(401, 'invalid_refresh_token'),
    );
  });

  it('are never more, also when somebody signs in many times at once', async () => {
    const { parent } = await newFamily(server);
    await atOnce(10, () => signIn(server, parent.email));
    const [row] = await asIdentity<{ live: number }>(
      server,
      'SELECT count(*)::int AS live FROM sessions WHERE user_id = $1 AND revoked_at IS NULL',
      [parent.userId],
    );
    expect(row?.live).toBe(3);
  });

  it('end for good at their age, however often they are refreshed', async () => {
    const { parent } = await newFamily(server);
    const age = (seconds: number): Promise<unknown> =>
      asIdentity(
        server,
        `UPDATE sessions SET created_at = now() - make_interval(secs => $2), last_used_at = now(), expires_at = now() + '1 day'
         WHERE user_id = $1`,
        [parent.userId, seconds],
      );
    await age(3000);
    const { status, body } = await nobody(server).post<{ refresh_token: string }>('/auth/refresh', {
      refresh_token: parent.refreshToken,
    });
    expect(status).toBe(200);
    const [session] = await asIdentity<{ left: number }>(
      server,
      'SELECT extract(epoch FROM expires_at - created_at)::int AS left FROM sessions WHERE user_id = $1',
      [parent.userId],
    );
    expect(session?.left).toBe(3600);
    await asIdentity(server, "UPDATE sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1", [
      parent.userId,
    ]);
    expect(await nobody(server).post('/auth/refresh', { refresh_token: body.refresh_token })).toMatchObject(
      problem(401, 'invalid_refresh_token'),
    );
    expect(await as(server, parent).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
  });
});

describe('families of a person', () => {
  it('are so many at most, also when they are founded at once; where one is no parent does not count', async () => {
    const guest = await newMember(server, await newFamily(server), 'grandparent');
    const answers = await atOnce(6, () => as(server, guest).post('/families', { name: 'Another' }));
    expect(statuses(answers)).toEqual([201, 201, 201, 409, 409, 409]);
    expect(await as(server, guest).post('/families', { name: 'Another' })).toMatchObject(
      problem(409, 'too_many_families'),
    );
    expect(await as(server, (await newFamily(server)).parent).post('/families', { name: 'Second' })).toMatchObject({
      status: 201,
    });
  });
});

describe('open invitations of a family', () => {
  it('are so many at most, also when they are made at once; those that are over do not count', async () => {
    const family = await newFamily(server);
    const invite = (): Promise<Answer<{ id: string }>> =>
      as(server, family.parent).post<{ id: string }>('/family/invitations', { role: 'teenager' });
    const answers = await atOnce(6, invite);
    expect(statuses(answers)).toEqual([201, 201, 201, 409, 409, 409]);
    expect(await invite()).toMatchObject(problem(409, 'too_many_invitations'));
    const open = answers.find(({ status }) => status === 201)?.body.id ?? '';
    expect(await as(server, family.parent).delete(`/family/invitations/${open}`)).toMatchObject({ status: 204 });
    const code = await newInvitation(server, family, { role: 'grandparent' });
    const { parent: guest } = await newFamily(server);
    expect(await as(server, guest).post('/family/invitations/accept', { code })).toMatchObject({ status: 200 });
    expect(await invite()).toMatchObject({ status: 201 });
    expect(await invite()).toMatchObject(problem(409, 'too_many_invitations'));
  });
});
