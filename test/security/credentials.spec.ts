import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { managerOf, TransactionRunner } from '../../src/platform/database/index.js';
import { PrincipalSource } from '../../src/platform/security/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  newMember,
  newProfile,
  nobody,
  PASSWORD,
  problem,
  signIn,
  uniqueEmail,
  type Answer,
  type FamilyMember,
} from '../support/factories.js';
import { mailsTo, newestToken } from '../support/mail/outbox.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const NEW_PASSWORD = 'copper-lantern-27-orchards';
const ORIGIN = 'https://family.example.org';
const invalid = problem(400, 'mail_token_invalid');

let server: TestApp;

beforeAll(async () => {
  server = await startApp({
    env: { REGISTRATION: 'open', PUBLIC_URL: ORIGIN, TRUSTED_PROXIES: '127.0.0.1' },
  });
  await newFirstAdmin(server);
});
afterAll(() => server.close());

const newPerson = async (): Promise<FamilyMember> => (await newFamily(server)).parent;
const forgot = (email: string): Promise<Answer<unknown>> => nobody(server).post('/auth/password/forgot', { email });
const reset = (token: string, new_password = NEW_PASSWORD): Promise<Answer<unknown>> =>
  nobody(server).post('/auth/password/reset', { token, new_password });
const verify = (token: string): Promise<Answer<unknown>> => nobody(server).post('/auth/email/verify', { token });
const login = (email: string, password: string): Promise<Answer<unknown>> =>
  nobody(server).post('/auth/login', { email, password });
const changeEmail = (person: FamilyMember, email: string): Promise<Answer<unknown>> =>
  as(server, person).post('/auth/email/change', { email, password: PASSWORD });

async function resetToken(email: string): Promise<string> {
  await forgot(email);
  return newestToken(server, email, 'password');
}

describe('regressions of security.md', () => {
  it('3: a squatter of an email is out once its owner resets the password (GHSA-qq9h-g4jm-xgf3)', async () => {
    const squatter = await newPerson();
    const second = await signIn(server, squatter.email);
    // Links that the squatter has asked for, to keep a way back in.
    const escape = uniqueEmail('escape');
    await changeEmail(squatter, escape);
    const wayBack = await newestToken(server, escape, 'email');

    expect(await reset(await resetToken(squatter.email))).toMatchObject({ status: 204 });

    for (const { bearer, refreshToken } of [squatter, second]) {
      expect(await as(server, { bearer }).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
      const refresh = nobody(server).post('/auth/refresh', { refresh_token: refreshToken });
      expect(await refresh).toMatchObject(problem(401, 'invalid_refresh_token'));
    }
    expect(await login(squatter.email, PASSWORD)).toMatchObject(problem(401, 'invalid_credentials'));
    expect(await verify(wayBack)).toMatchObject(invalid);
    expect(await login(squatter.email, NEW_PASSWORD)).toMatchObject({ status: 200 });
  });

  it('6: of twenty parallel uses of one reset link one wins (GHSA-7w99-5wm4-3g79)', async () => {
    const person = await newPerson();
    const token = await resetToken(person.email);
    const passwords = Array.from({ length: 20 }, (_, at) => `copper-lantern-${String(at)}-orchards`);
    const answers = await Promise.all(passwords.map((password) => reset(token, password)));
    const winners = passwords.filter((_, at) => answers[at]?.status === 204);
    expect(winners).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 204)) expect(answer).toMatchObject(invalid);
    expect(await login(person.email, winners[0] ?? '')).toMatchObject({ status: 200 });
  });

  it('6: of parallel confirmations of one new address one wins, and of two people one gets it', async () => {
    const [one, other] = [await newPerson(), await newPerson()];
    const email = uniqueEmail('wanted');
    await changeEmail(one, email);
    const forOne = await newestToken(server, email, 'email');
    await changeEmail(other, email);
    const forOther = await newestToken(server, email, 'email');
    const answers = await Promise.all([forOne, forOne, forOther, forOther].map((token) => verify(token)));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    const holders = await asIdentity(server, 'SELECT id FROM users WHERE email = $1', [email]);
    expect(holders).toHaveLength(1);
  });

  it('8: nobody else makes a device code, approves a device or takes one back (CVE-2026-45337)', async () => {
    const family = await newFamily(server);
    const stranger = await newFamily(server);
    const memberId = await newProfile(server, family, 'child');
    const { body } = await as(server, family.parent).post<{ code: string }>('/auth/device-codes', {
      member_id: memberId,
    });
    const pin = { device_name: 'tablet', pin: '2580' };
    const enrolled = await nobody(server).post<{ device_id: string }>('/auth/device/enrol', {
      code: body.code,
      ...pin,
    });
    const id = enrolled.body.device_id;

    const elsewhere = as(server, stranger.parent);
    expect(await elsewhere.post('/auth/device-codes', { member_id: memberId })).toMatchObject(
      problem(404, 'member_not_found'),
    );
    expect(await elsewhere.post(`/auth/devices/${id}/approve`)).toMatchObject(problem(404, 'device_not_found'));
    expect(await elsewhere.delete(`/auth/devices/${id}`)).toMatchObject(problem(404, 'device_not_found'));
    expect(await elsewhere.get(`/auth/devices?member_id=${memberId}`)).toMatchObject({
      status: 200,
      body: { data: [] },
    });
    const refused = problem(403, 'insufficient_permissions');
    for (const role of ['grandparent', 'teenager'] as const) {
      const member = as(server, await newMember(server, family, role));
      expect(await member.post('/auth/device-codes', { member_id: memberId })).toMatchObject(refused);
      expect(await member.post(`/auth/devices/${id}/approve`)).toMatchObject(refused);
    }
    expect(await nobody(server).post('/auth/device-codes', { member_id: memberId })).toMatchObject(
      problem(401, 'unauthenticated'),
    );
  });

  it('8: behind the permissions row-level security shows devices to the parents of the family alone', async () => {
    const family = await newFamily(server);
    const memberId = await newProfile(server, family, 'child');
    await as(server, family.parent).post('/auth/device-codes', { member_id: memberId });
    const stranger = (await newFamily(server)).parent;
    const grandparent = await newMember(server, family, 'grandparent');
    const seen = async ({ bearer }: FamilyMember): Promise<number> => {
      const principal = await server.app.get(PrincipalSource).authenticate(bearer.slice('Bearer '.length), false);
      if (!principal) throw new Error('not signed in');
      return server.app.get(TransactionRunner).run(principal, async (tx) => {
        const [row] = await managerOf(tx).query<{ n: number }[]>('SELECT count(*)::int AS n FROM device_codes');
        return row?.n ?? -1;
      });
    };
    expect([await seen(family.parent), await seen(stranger), await seen(grandparent)]).toEqual([1, 0, 0]);
  });

  it('9: forged Host and X-Forwarded-Host leave the link as it is (CVE-2025-64101)', async () => {
    const person = await newPerson();
    const forged = nobody(server).with({
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '1',
      forwarded: 'host=evil.example',
      origin: 'https://evil.example',
      referer: 'https://evil.example/',
    });
    expect(await forged.post('/auth/password/forgot', { email: person.email })).toMatchObject({ status: 202 });
    const mail = (await mailsTo(server, person.email)).at(-1);
    expect(mail?.text).toContain(`${ORIGIN}/account/password#`);
    expect(`${mail?.text ?? ''}${mail?.html ?? ''}${mail?.from ?? ''}`).not.toContain('evil');
  });

  it('10: the lock holds on every endpoint that takes a password (CVE-2025-64102)', async () => {
    const address = (): string =>
      `2001:db8:${randomBytes(4)
        .toString('hex')
        .replace(/(....)/, '$1:')}::7`;
    const limited = await startApp({
      env: { REGISTRATION: 'open', RATE_LIMIT_MULTIPLIER: '1', TRUSTED_PROXIES: '127.0.0.1', PUBLIC_URL: ORIGIN },
    });
    try {
      const here: TestApp = { ...limited, http: () => limited.http().set('x-forwarded-for', home) };
      const home = address();
      await newFirstAdmin({ ...limited, http: () => limited.http().set('x-forwarded-for', address()) });
      const { parent } = await newFamily(here);
      const person = as(here, parent);
      const doors: readonly ((password: string) => Promise<Answer<{ code?: string; retry_after?: number }>>)[] = [
        (password) => nobody(here).post('/auth/login', { email: parent.email, password }),
        (password) => nobody(here).post('/auth/token', { grant_type: 'password', username: parent.email, password }),
        (password) => person.post('/auth/password/change', { current_password: password, new_password: NEW_PASSWORD }),
        (password) => person.post('/auth/email/change', { email: 'next@example.org', password }),
      ];
      // Two doors share each lock: those to sign in, and those that ask once more.
      for (const [one, other] of [doors.slice(0, 2), doors.slice(2)] as const) {
        if (!one || !other) throw new Error('doors come in pairs');
        await heldBack(() => one('not-the-password'));
        for (const door of [one, other]) expect(await door(PASSWORD)).toMatchObject(problem(429, 'too_many_failures'));
      }
      expect(await as(here, parent).get('/auth/me')).toMatchObject({ body: { email: parent.email } });
    } finally {
      await limited.close();
    }
  });

  it('10: guesses of device codes are held back per address (CVE-2024-47070 as well: by the real one)', async () => {
    const limited = await startApp({ env: { RATE_LIMIT_MULTIPLIER: '1', TRUSTED_PROXIES: '127.0.0.1' } });
    try {
      const guesser = nobody(limited).with({
        'x-forwarded-for': `2001:db8:${randomBytes(4)
          .toString('hex')
          .replace(/(....)/, '$1:')}::7`,
      });
      const guess = (): Promise<Answer<{ code?: string; retry_after?: number }>> =>
        guesser.post('/auth/device/enrol', { code: 'K7QM-3RTX', device_name: 'x', pin: '2580' });
      const codes: (string | undefined)[] = [];
      for (let round = 0; round < 10; round += 1) codes.push((await guess()).body.code);
      expect(new Set(codes)).toEqual(new Set(['device_code_invalid']));
      await heldBack(guess);
    } finally {
      await limited.close();
    }
  });

  it('12: a reset without the step of the mail is refused (CVE-2026-18963)', async () => {
    const person = await newPerson();
    await forgot(person.email);
    await mailsTo(server, person.email);
    const ofVerification = await newestToken(server, person.email, 'email');
    const [row] = await asIdentity<{ id: string; token_hash: Buffer }>(
      server,
      `SELECT id, token_hash FROM mail_tokens WHERE email = $1 AND purpose = 'reset'`,
      [person.email],
    );
    const hash = row?.token_hash ?? Buffer.alloc(0);
    const guesses = [ofVerification, row?.id, person.userId, person.accessToken.slice(0, 43), person.refreshToken];
    for (const token of [...guesses, hash.toString('hex'), hash.toString('base64url'), '\\x' + hash.toString('hex')])
      expect(await reset(token ?? '')).toMatchObject(invalid);

    const body = { email: person.email, user_id: person.userId, new_password: NEW_PASSWORD };
    for (const token of [undefined, null, '', 0, [], {}, [ofVerification], true])
      expect(await nobody(server).post('/auth/password/reset', { ...body, token })).toMatchObject(
        problem(400, 'validation_failed'),
      );
    expect(await login(person.email, NEW_PASSWORD)).toMatchObject(problem(401, 'invalid_credentials'));
    expect(await login(person.email, PASSWORD)).toMatchObject({ status: 200 });
  });

  it('12: nor does a token that was asked for and never sent open anything', async () => {
    const idle = await startApp({
      env: { REGISTRATION: 'open', JOBS_ENABLED: 'false' },
    });
    try {
      const { email } = await newFirstAdmin(idle);
      await nobody(idle).post('/auth/password/forgot', { email });
      const rows = await asIdentity(idle, 'SELECT purpose, token_hash FROM mail_tokens ORDER BY purpose', []);
      expect(rows).toEqual([
        { purpose: 'reset', token_hash: null },
        { purpose: 'verify', token_hash: null },
      ]);
    } finally {
      await idle.close();
    }
  });

  it('23: a homoglyph of @ is the @ before anything is decided (GHSA-7rqj-j65f-68wh)', async () => {
    const person = await newPerson();
    const forms = [person.email.replace('@', '＠'), person.email.replace('@', '﹫'), ` ${person.email.toUpperCase()} `];
    for (const form of forms) {
      const before = (await mailsTo(server, person.email)).length;
      expect(await forgot(form)).toMatchObject({ status: 202 });
      expect(await mailsTo(server, person.email)).toHaveLength(before + 1);
      const again = { email: form, password: PASSWORD, first_name: 'Eve' };
      expect(await nobody(server).post('/auth/register', again)).toMatchObject(problem(409, 'email_taken', 'email'));
      expect(await changeEmail(person, form)).toMatchObject(problem(400, 'validation_failed', 'email'));
    }
    // Letters that only look alike are another address: nothing goes to the real one, and nothing to that one.
    const alike = person.email.replace('e', 'е');
    const before = (await mailsTo(server, person.email)).length;
    expect([202, 400]).toContain((await forgot(alike)).status);
    expect(await mailsTo(server, person.email)).toHaveLength(before);
    expect(await mailsTo(server, alike)).toEqual([]);
  });

  it('26: an email change waits for the new address', async () => {
    const person = await newPerson();
    const next = uniqueEmail('next');
    await changeEmail(person, next);
    await mailsTo(server, next);
    expect(await login(next, PASSWORD)).toMatchObject(problem(401, 'invalid_credentials'));
    expect(await login(person.email, PASSWORD)).toMatchObject({ status: 200 });
    // What goes to the old address confirms nothing of the new one.
    expect(await verify(await newestToken(server, person.email, 'email'))).toMatchObject({ status: 204 });
    expect(await login(next, PASSWORD)).toMatchObject(problem(401, 'invalid_credentials'));
  });

  it('27: no request sets the email or its proof beside the mail', async () => {
    const person = await newPerson();
    for (const fields of [{ email: uniqueEmail() }, { email_verified: true }, { email_verified_at: '2020-01-01' }])
      expect(await as(server, person).patch('/users/me', fields)).toMatchObject(problem(400, 'validation_failed'));
  });

  it('28: a link opens once; the second use fails, for each kind', async () => {
    const person = await newPerson();
    const own = await newestToken(server, person.email, 'email');
    expect([(await verify(own)).status, (await verify(own)).status]).toEqual([204, 400]);
    const next = uniqueEmail('next');
    await changeEmail(person, next);
    const change = await newestToken(server, next, 'email');
    expect([(await verify(change)).status, (await verify(change)).status]).toEqual([204, 400]);
    const token = await resetToken(next);
    expect([(await reset(token)).status, (await reset(token, PASSWORD)).status]).toEqual([204, 400]);
  });
});

/** Fails until the next attempt has to wait eight seconds, which is longer than what a test does after it. */
async function heldBack(attempt: () => Promise<Answer<{ code?: string; retry_after?: number }>>): Promise<void> {
  for (let round = 0; round < 60; round += 1) {
    const { body } = await attempt();
    if (body.code === 'too_many_failures' && (body.retry_after ?? 0) >= 8) return;
    if (body.code === 'too_many_failures') await pause((body.retry_after ?? 1) * 1000);
  }
  throw new Error('nobody was held back');
}
