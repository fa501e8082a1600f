import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  newMember,
  nobody,
  PASSWORD,
  problem,
  signIn,
  type FamilyMember,
  type SignedIn,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

describe('what has happened to others, with sessions', () => {
  let server: TestApp;
  let admin: FamilyMember;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    admin = await newFirstAdmin(server);
  });
  afterAll(() => server.close());

  const refresh = (token: string) => nobody(server).post<Tokens>('/auth/refresh', { refresh_token: token });
  const isIn = async (person: Pick<SignedIn, 'bearer'>): Promise<number> =>
    (await as(server, person).get('/auth/me')).status;

  it('4. GHSA-392p-2q2v-4372: 50 parallel refreshes continue one lineage', async () => {
    const { refreshToken, bearer } = (await newFamily(server)).parent;
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(refreshToken)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    const next = await refresh(answers[0]?.body.refresh_token ?? '');
    expect([next.status, await isIn({ bearer })]).toEqual([200, 200]);
  });

  it('5. GHSA-392p-2q2v-4372: a replay after the successor was used kills the successor as well', async () => {
    const { refreshToken, bearer } = (await newFamily(server)).parent;
    const first = (await refresh(refreshToken)).body;
    const second = (await refresh(first.refresh_token)).body;
    expect(await refresh(refreshToken)).toMatchObject(problem(401, 'refresh_token_reused'));
    for (const token of [first, second])
      expect(await refresh(token.refresh_token)).toMatchObject(problem(401, 'invalid_refresh_token'));
    expect(await isIn({ bearer: `Bearer ${second.access_token}` })).toBe(401);
    expect(await isIn({ bearer })).toBe(401);
  });

  it('7. GHSA-2vg6-77g8-24mp: all sessions of a deleted account are dead', async () => {
    const family = await newFamily(server);
    const gone = await newMember(server, family, 'grandparent');
    const elsewhere = await signIn(server, gone.email);
    await as(server, family.parent).delete(`/family/members/${gone.memberId}`);
    await asIdentity(server, 'DELETE FROM users WHERE id = $1', [gone.userId]);
    for (const session of [gone, elsewhere]) {
      expect(await isIn(session)).toBe(401);
      expect(await refresh(session.refreshToken)).toMatchObject(problem(401, 'invalid_refresh_token'));
    }
    expect(await nobody(server).post('/auth/login', { email: gone.email, password: PASSWORD })).toMatchObject(
      problem(401, 'invalid_credentials'),
    );
  });

  it('11. CVE-2026-9798: a disabled account is refused by every grant', async () => {
    const family = await newFamily(server);
    const person = await newMember(server, family, 'grandparent');
    await as(server, admin).patch(`/users/${person.userId}`, { status: 'disabled' });
    const { email, refreshToken } = person;
    const doors = [
      ['/auth/login', { email, password: PASSWORD }],
      ['/auth/login', { email, password: PASSWORD, delivery: 'cookie' }],
      ['/auth/token', { grant_type: 'password', username: email, password: PASSWORD }],
      ['/auth/token', { grant_type: 'refresh_token', refresh_token: refreshToken }],
      ['/auth/refresh', { refresh_token: refreshToken }],
    ] as const;
    for (const [path, body] of doors) {
      const { status } = await nobody(server).post(path, body);
      expect({ path, body, isRefused: [401, 403].includes(status) }).toEqual({ path, body, isRefused: true });
    }
    expect(await isIn(person)).toBe(401);
  });

  it('22. passwords that differ after byte 72 are different', async () => {
    const start = 'ñ'.repeat(40);
    const { parent } = await newFamily(server);
    const changed = { current_password: PASSWORD, new_password: `${start}-violet` };
    expect((await as(server, parent).post('/auth/password/change', changed)).status).toBe(204);
    const login = async (password: string): Promise<number> =>
      (await nobody(server).post('/auth/login', { email: parent.email, password })).status;
    expect([await login(`${start}-violex`), await login(start), await login(`${start}-violet`)]).toEqual([
      401, 401, 200,
    ]);
  });
});
