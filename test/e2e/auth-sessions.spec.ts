import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SessionResponse, TokenResponse } from '../../src/modules/auth/dto/session.response.js';
import { Schedules } from '../../src/platform/jobs/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  nobody,
  PASSWORD,
  problem,
  signIn,
  type Answer,
  type FamilyMember,
  type PageOf,
} from '../support/factories.js';
import { mailsTo } from '../support/mail/outbox.js';
import { until } from '../support/process.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

let server: TestApp;
let parent: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  await newFirstAdmin(server);
});
afterAll(() => server.close());

const refresh = (refreshToken: string | undefined): Promise<Answer<TokenResponse>> =>
  nobody(server).post<TokenResponse>('/auth/refresh', { refresh_token: refreshToken });

const isAlive = async (bearer: string): Promise<boolean> => {
  const { status, body } = await as(server, { bearer }).get('/auth/me');
  if (status !== 200) expect({ status, body }).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
  return status === 200;
};

/** The session that an access token belongs to. */
const idOf = async (bearer: string): Promise<string> => {
  const { body } = await as(server, { bearer }).get<PageOf<SessionResponse>>('/auth/sessions?limit=100');
  return body.data.find(({ current }) => current)?.id ?? '';
};

const bearerOf = ({ body }: Answer<TokenResponse>): string => `Bearer ${body.access_token ?? ''}`;

describe('refreshing', () => {
  beforeAll(async () => {
    ({ parent } = await newFamily(server));
  });

  it('gives new tokens each time, and the session goes on', async () => {
    let { refreshToken } = await signIn(server, parent.email);
    const seen = new Set([refreshToken]);
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = await refresh(refreshToken);
      expect(answer).toMatchObject({
        status: 200,
        body: { token_type: 'bearer', expires_in: 600, user: { id: parent.userId } },
      });
      expect(await isAlive(bearerOf(answer))).toBe(true);
      refreshToken = answer.body.refresh_token ?? '';
      seen.add(refreshToken);
    }
    expect(seen.size).toBe(6);
  });

  it('gives the same successor again to whoever missed the answer', async () => {
    const { refreshToken } = await signIn(server, parent.email);
    const first = await refresh(refreshToken);
    const again = await refresh(refreshToken);
    expect(again.status).toBe(200);
    expect(again.body.refresh_token).toBe(first.body.refresh_token);
    expect(await refresh(again.body.refresh_token)).toMatchObject({ status: 200 });
  });

  it('ends the session when an old token comes back after its successor was used', async () => {
    const { refreshToken: stolen } = await signIn(server, parent.email);
    const second = await refresh(stolen);
    const third = await refresh(second.body.refresh_token);

    expect(await refresh(stolen)).toMatchObject(problem(401, 'refresh_token_reused'));
    expect(await isAlive(bearerOf(third))).toBe(false);
    expect(await refresh(third.body.refresh_token)).toMatchObject(problem(401, 'invalid_refresh_token'));
    expect(await refresh(stolen)).toMatchObject(problem(401, 'invalid_refresh_token'));
    const told = (await mailsTo(server, parent.email)).map(({ subject }) => subject);
    expect(told.filter((subject) => subject === 'You were signed out on one device')).toHaveLength(1);
  });

  it('ends the session when the grace of an old token is over', async () => {
    const { refreshToken } = await signIn(server, parent.email);
    const next = await refresh(refreshToken);
    await asIdentity(
      server,
      `UPDATE refresh_tokens SET replaced_at = replaced_at - interval '21 seconds' WHERE replaced_at IS NOT NULL`,
      [],
    );
    expect(await refresh(refreshToken)).toMatchObject(problem(401, 'refresh_token_reused'));
    expect(await isAlive(bearerOf(next))).toBe(false);
  });

  it('has one lineage, also when fifty refresh at the same moment', async () => {
    const person = (await newFamily(server)).parent;
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(person.refreshToken)));

    expect(answers.map(({ status }) => status)).toEqual(Array<number>(50).fill(200));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    const rows = await asIdentity<{ tokens: number; current: number }>(
      server,
      `SELECT count(*)::int AS tokens, count(*) FILTER (WHERE replaced_at IS NULL)::int AS current
       FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE s.user_id = $1 AND s.revoked_at IS NULL`,
      [person.userId],
    );
    expect(rows).toEqual([{ tokens: 2, current: 1 }]);
    expect(await refresh(answers[0]?.body.refresh_token)).toMatchObject({ status: 200 });
  });

  it('stores no token that somebody could use', async () => {
    const { refreshToken } = await signIn(server, parent.email);
    const rows = await asIdentity<{ row: string }>(server, 'SELECT t::text AS row FROM refresh_tokens t', []);
    const texts = [
      refreshToken,
      Buffer.from(refreshToken).toString('hex'),
      Buffer.from(refreshToken, 'base64url').toString('hex'),
    ];
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ row }) => texts.some((text) => row.includes(text)))).toEqual([]);
  });

  it('is over when the session has expired', async () => {
    const person = await signIn(server, parent.email);
    const { body } = await as(server, person).get<PageOf<SessionResponse>>('/auth/sessions?limit=1');
    await asIdentity(server, `UPDATE sessions SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      body.data[0]?.id,
    ]);
    expect(await refresh(person.refreshToken)).toMatchObject(problem(401, 'invalid_refresh_token'));
    expect(await isAlive(person.bearer)).toBe(false);
  });

  it.each(['made-up', 'x'.repeat(256), 'ﬁ', '../../etc/passwd'])('needs a token of ours, not %j', async (token) => {
    expect(await refresh(token)).toMatchObject(problem(401, 'invalid_refresh_token'));
  });

  it('needs a token at all', async () => {
    expect(await nobody(server).post('/auth/refresh')).toMatchObject(problem(401, 'unauthenticated'));
    expect(await nobody(server).post('/auth/refresh', {})).toMatchObject(problem(401, 'unauthenticated'));
    for (const refresh_token of ['', null, 7, 'x'.repeat(257)]) {
      expect(await nobody(server).post('/auth/refresh', { refresh_token })).toMatchObject(
        problem(400, 'validation_failed', 'refresh_token'),
      );
    }
  });

  it('takes no access token, and an access token’s place takes no refresh token', async () => {
    const person = await signIn(server, parent.email);
    expect((await refresh(person.accessToken)).status).toBeGreaterThanOrEqual(400);
    expect(await isAlive(`Bearer ${person.refreshToken}`)).toBe(false);
    expect(await isAlive(person.bearer)).toBe(true);
  });
});

describe('signing out', () => {
  beforeAll(async () => {
    ({ parent } = await newFamily(server));
  });

  it('ends the access token at once, and the refresh token with it', async () => {
    const here = await signIn(server, parent.email);
    const there = await signIn(server, parent.email);
    // The hot read remembers the session for some seconds; that must not outlive it.
    expect(await as(server, here).get('/family/members')).toMatchObject({ status: 200 });

    expect(await as(server, here).post('/auth/logout')).toMatchObject({ status: 204 });

    expect(await as(server, here).get('/family/members')).toMatchObject(problem(401, 'invalid_token'));
    expect(await isAlive(here.bearer)).toBe(false);
    expect(await refresh(here.refreshToken)).toMatchObject(problem(401, 'invalid_refresh_token'));
    expect(await as(server, here).post('/auth/logout')).toMatchObject(problem(401, 'invalid_token'));
    expect(await isAlive(there.bearer)).toBe(true);
  });

  it('everywhere ends every session of the person and nobody else’s', async () => {
    const sessions = await Promise.all([1, 2, 3].map(() => signIn(server, parent.email)));
    const stranger = (await newFamily(server)).parent;
    const [first] = sessions;
    expect(await as(server, { bearer: first?.bearer ?? '' }).post('/auth/logout-all')).toMatchObject({ status: 204 });
    for (const { bearer, refreshToken } of [...sessions, parent]) {
      expect(await isAlive(bearer)).toBe(false);
      expect(await refresh(refreshToken)).toMatchObject(problem(401, 'invalid_refresh_token'));
    }
    expect(await isAlive(stranger.bearer)).toBe(true);
    expect(await isAlive((await signIn(server, parent.email)).bearer)).toBe(true);
  });
});

describe('the list of sessions', () => {
  const list = async (bearer: string): Promise<readonly SessionResponse[]> =>
    (await as(server, { bearer }).get<PageOf<SessionResponse>>('/auth/sessions')).body.data;

  beforeAll(async () => {
    ({ parent } = await newFamily(server));
  });

  it('shows devices, newest first, and which one asks', async () => {
    const person = (await newFamily(server)).parent;
    const agent = 'Mozilla/5.0 (Android 15) Firefox/145.0';
    const { body } = await nobody(server)
      .with({ 'user-agent': agent })
      .post<TokenResponse>('/auth/login', { email: person.email, password: PASSWORD });
    const [newest, oldest] = await list(person.bearer);
    expect(newest).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      device: agent,
      address: '127.0.0.1',
      current: false,
      remember_me: false,
      created_at: expect.any(String),
      last_used_at: expect.any(String),
      expires_at: expect.any(String),
    });
    expect(oldest).toMatchObject({ current: true });
    expect((await list(`Bearer ${body.access_token ?? ''}`)).map(({ current }) => current)).toEqual([true, false]);
  });

  it('comes in pages and holds live sessions only', async () => {
    const { email } = (await newFamily(server)).parent;
    const asking = await signIn(server, email);
    for (let count = 0; count < 3; count += 1) await signIn(server, email);
    await as(server, await signIn(server, email)).post('/auth/logout');

    const pages = await as(server, asking).walk<SessionResponse>('/auth/sessions', 2);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    const rows = pages.flat();
    expect(new Set(rows.map(({ id }) => id)).size).toBe(5);
    expect(rows.filter(({ current }) => current)).toHaveLength(1);
    const times = rows.map(({ created_at }) => created_at);
    expect([...times].sort().reverse()).toEqual(times);
  });

  it.each([
    'x',
    '',
    'eyJhIjoxfQ',
    Buffer.from('2025-13-45T00:00:00Z 019a9c1e-0000-7000-8000-000000000000').toString('base64url'),
  ])('refuses the cursor %j', async (cursor) => {
    expect(await as(server, parent).get(`/auth/sessions?cursor=${cursor}`)).toMatchObject(
      problem(400, 'validation_failed', 'cursor'),
    );
  });

  it.each(['0', '101', '-1', '1.5', 'ten', ''])('refuses the limit %j', async (limit) => {
    expect(await as(server, parent).get(`/auth/sessions?limit=${limit}`)).toMatchObject(
      problem(400, 'validation_failed', 'limit'),
    );
  });

  it('lets people end one of their own at once', async () => {
    const lost = await signIn(server, parent.email);
    const id = (await list(lost.bearer)).find(({ current }) => current)?.id ?? '';
    expect(await as(server, parent).delete(`/auth/sessions/${id}`)).toMatchObject({ status: 204 });
    expect(await isAlive(lost.bearer)).toBe(false);
    expect(await refresh(lost.refreshToken)).toMatchObject(problem(401, 'invalid_refresh_token'));
    expect(await as(server, parent).delete(`/auth/sessions/${id}`)).toMatchObject(problem(404, 'session_not_found'));
  });

  it('knows nothing of other people’s', async () => {
    const stranger = (await newFamily(server)).parent;
    const id = (await list(stranger.bearer))[0]?.id ?? '';
    expect((await list(parent.bearer)).map((session) => session.id)).not.toContain(id);
    expect(await as(server, parent).delete(`/auth/sessions/${id}`)).toMatchObject(problem(404, 'session_not_found'));
    expect(await isAlive(stranger.bearer)).toBe(true);
    expect(await as(server, parent).delete('/auth/sessions/not-a-uuid')).toMatchObject(
      problem(400, 'validation_failed', 'id'),
    );
  });
});

describe('sessions that ended long ago', () => {
  it('are forgotten after 90 days, also of those who never come back', async () => {
    const { parent: gone } = await newFamily(server);
    const sessions = [
      gone.bearer,
      ...(await Promise.all([1, 2, 3].map(() => signIn(server, gone.email)))).map(({ bearer }) => bearer),
    ];
    const ids = await Promise.all(sessions.map(async (bearer) => idOf(bearer)));
    const [revoked = '', expired = '', lately = '', live = ''] = ids;
    await asIdentity(server, `UPDATE sessions SET revoked_at = now() - interval '91 days' WHERE id = $1`, [revoked]);
    await asIdentity(
      server,
      `UPDATE sessions SET created_at = now() - interval '92 days', expires_at = now() - interval '91 days' WHERE id = $1`,
      [expired],
    );
    await asIdentity(server, `UPDATE sessions SET revoked_at = now() - interval '89 days' WHERE id = $1`, [lately]);
    expect(await server.app.get(Schedules).trigger('auth.sessions')).toBe(true);
    const left = await until('old sessions are gone', async () => {
      const rows = await asIdentity<{ id: string }>(server, 'SELECT id FROM sessions WHERE user_id = $1', [
        gone.userId,
      ]);
      return rows.length <= 2 ? rows.map(({ id }) => id) : undefined;
    });
    expect(left.sort()).toEqual([lately, live].sort());
    const tokens = await asIdentity(server, 'SELECT id FROM refresh_tokens WHERE session_id = ANY ($1)', [
      [revoked, expired],
    ]);
    expect(tokens).toEqual([]);
  });
});

describe('changing the password', () => {
  const NEW = 'lanterns over the quiet harbour';
  const change = (bearer: string, body: object): Promise<Answer<unknown>> =>
    as(server, { bearer }).post('/auth/password/change', body);

  it('ends all other sessions and keeps this one', async () => {
    const person = (await newFamily(server)).parent;
    const elsewhere = await signIn(server, person.email);
    const answer = await change(person.bearer, { current_password: PASSWORD, new_password: NEW });
    expect(answer).toMatchObject({ status: 204 });

    expect(await isAlive(person.bearer)).toBe(true);
    expect(await refresh(person.refreshToken)).toMatchObject({ status: 200 });
    expect(await isAlive(elsewhere.bearer)).toBe(false);
    expect(await refresh(elsewhere.refreshToken)).toMatchObject(problem(401, 'invalid_refresh_token'));
    const old = await nobody(server).post('/auth/login', { email: person.email, password: PASSWORD });
    expect(old).toMatchObject(problem(401, 'invalid_credentials'));
    await expect(signIn(server, person.email, NEW)).resolves.toMatchObject({ userId: person.userId });
  });

  it('needs the current one, and a new one that keeps the rules', async () => {
    const person = (await newFamily(server)).parent;
    const wrong = await change(person.bearer, { current_password: 'wrong', new_password: NEW });
    expect(wrong).toMatchObject(problem(400, 'wrong_password', 'current_password'));
    for (const new_password of ['short', 'passwordpassword', person.email, PASSWORD, 'x'.repeat(129)]) {
      const answer = await change(person.bearer, { current_password: PASSWORD, new_password });
      expect(answer).toMatchObject(problem(400, 'validation_failed', 'new_password'));
    }
    expect(await isAlive((await signIn(server, person.email)).bearer)).toBe(true);
  });

  it('is for those who are signed in', async () => {
    const answer = await nobody(server).post('/auth/password/change', {
      current_password: PASSWORD,
      new_password: NEW,
    });
    expect(answer).toMatchObject(problem(401, 'unauthenticated'));
  });
});
