import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Schedules } from '../../src/platform/jobs/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  byKey,
  newApiKey,
  newChild,
  newFamily,
  newFirstAdmin,
  nobody,
  PASSWORD,
  problem,
  signIn,
  uniqueEmail,
  type FamilyMember,
} from '../support/factories.js';
import { mailsTo, newestToken, outboxOf, tokenIn } from '../support/mail/outbox.js';
import { until } from '../support/process.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const NEW_PASSWORD = 'copper-lantern-27-orchards';
const ORIGIN = 'https://family.example.org';

interface Me {
  readonly email: string | null;
  readonly email_verified: boolean;
}

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', PUBLIC_URL: `${ORIGIN}/` } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

const newPerson = async (): Promise<FamilyMember> => (await newFamily(server)).parent;
const me = async (person: Pick<FamilyMember, 'bearer'>): Promise<Me> =>
  (await as(server, person).get<Me>('/auth/me')).body;
const verify = (token: string): Promise<unknown> => nobody(server).post('/auth/email/verify', { token });
const forgot = (email: string): Promise<unknown> => nobody(server).post('/auth/password/forgot', { email });
const reset = (token: string, new_password = NEW_PASSWORD): Promise<unknown> =>
  nobody(server).post('/auth/password/reset', { token, new_password });
const invalid = problem(400, 'mail_token_invalid');

/** Lets the token of a link be as old as it takes to end. */
const age = (email: string): Promise<unknown> =>
  asIdentity(server, `UPDATE mail_tokens SET expires_at = now() - interval '1 second' WHERE email = $1`, [email]);

describe('confirming an address', () => {
  it('is asked for at registration, in the language of the person, by a link to PUBLIC_URL', async () => {
    const email = uniqueEmail();
    await nobody(server).post('/auth/register', { email, password: PASSWORD, first_name: 'Leo', language: 'es' });
    const [mail, ...others] = await mailsTo(server, email);
    expect(others).toEqual([]);
    expect(mail).toMatchObject({
      subject: 'Confirma tu correo electrónico',
      html: expect.stringContaining('<html lang="es">'),
    });
    expect(mail?.text).toContain(`${ORIGIN}/account/email#`);
  });

  it('is done by the link, once', async () => {
    const person = await newPerson();
    expect(await me(person)).toMatchObject({ email: person.email, email_verified: false });
    const token = await newestToken(server, person.email, 'email');
    expect(await verify(token)).toMatchObject({ status: 204, body: {} });
    expect(await me(person)).toMatchObject({ email: person.email, email_verified: true });
    expect(await verify(token)).toMatchObject(invalid);
  });

  it('can be asked for again, until it is done; the newest link wins', async () => {
    const person = await newPerson();
    const first = await newestToken(server, person.email, 'email');
    expect(await as(server, person).post('/auth/email/verify/request')).toMatchObject({ status: 202 });
    const second = await newestToken(server, person.email, 'email');
    expect(await verify(first)).toMatchObject(invalid);
    expect(await verify(second)).toMatchObject({ status: 204 });

    expect(await as(server, person).post('/auth/email/verify/request')).toMatchObject({ status: 202 });
    expect(await mailsTo(server, person.email)).toHaveLength(2);
  });

  it('does not work after ten minutes, nor by a token that is none', async () => {
    const person = await newPerson();
    const token = await newestToken(server, person.email, 'email');
    const [row] = await asIdentity<{ seconds: number }>(
      server,
      'SELECT extract(epoch FROM expires_at - now())::int AS seconds FROM mail_tokens WHERE email = $1',
      [person.email],
    );
    expect(row?.seconds).toBeLessThanOrEqual(600);
    expect(row?.seconds).toBeGreaterThan(500);
    await age(person.email);
    expect(await verify(token)).toMatchObject(invalid);
    for (const none of ['x', token.slice(1), `${token}A`, '0'.repeat(43), 'ñ'.repeat(43)])
      expect(await verify(none)).toMatchObject(invalid);
    expect(await verify('')).toMatchObject(problem(400, 'validation_failed', 'token'));
  });
});

describe('a forgotten password', () => {
  it('is set anew by the link: the old one and every session end, and the address is confirmed', async () => {
    const person = await newPerson();
    const other = await signIn(server, person.email);
    expect(await forgot(person.email.toUpperCase())).toMatchObject({ status: 202, body: {} });
    expect(await reset(await newestToken(server, person.email, 'password'))).toMatchObject({ status: 204 });

    for (const session of [person, other]) {
      expect(await as(server, session).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
      expect(await nobody(server).post('/auth/refresh', { refresh_token: session.refreshToken })).toMatchObject(
        problem(401, 'invalid_refresh_token'),
      );
    }
    expect(await nobody(server).post('/auth/login', { email: person.email, password: PASSWORD })).toMatchObject(
      problem(401, 'invalid_credentials'),
    );
    const again = await signIn(server, person.email, NEW_PASSWORD);
    expect(await me(again)).toMatchObject({ email_verified: true });
    const told = (await mailsTo(server, person.email)).at(-1);
    expect(told).toMatchObject({ subject: 'Your password was changed', text: expect.not.stringContaining('#') });
  });

  it('answers alike whether there is an account or not, and writes to nobody who has none', async () => {
    const stranger = uniqueEmail('stranger');
    const person = await newPerson();
    const answers = [await forgot(stranger), await forgot(person.email)] as { status: number; body: object }[];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect(await mailsTo(server, stranger)).toEqual([]);
    // What is kept for a day does not tell either, and whoever finds it finds no token.
    const kept = `SELECT user_id, token_hash IS NOT NULL AS armed FROM mail_tokens WHERE email = $1 AND purpose = 'reset'`;
    expect(await asIdentity(server, kept, [stranger])).toEqual([{ user_id: null, armed: true }]);
  });

  it('is not sent to a disabled account, and its link ends with the account', async () => {
    const person = await newPerson();
    await forgot(person.email);
    const token = await newestToken(server, person.email, 'password');
    const before = await mailsTo(server, person.email);
    await as(server, admin).patch(`/users/${person.userId}`, { status: 'disabled' });
    expect(await forgot(person.email)).toMatchObject({ status: 202 });
    expect(await mailsTo(server, person.email)).toHaveLength(before.length);
    expect(await reset(token)).toMatchObject(invalid);
  });

  it('keeps the link when the new password is too weak', async () => {
    const person = await newPerson();
    await forgot(person.email);
    const token = await newestToken(server, person.email, 'password');
    expect(await reset(token, 'short')).toMatchObject(problem(400, 'validation_failed', 'new_password'));
    expect(await reset(token, person.email)).toMatchObject(problem(400, 'validation_failed', 'new_password'));
    expect(await reset(token)).toMatchObject({ status: 204 });
  });

  it('has one good link, the newest, for ten minutes', async () => {
    const person = await newPerson();
    await forgot(person.email);
    const first = await newestToken(server, person.email, 'password');
    await forgot(person.email);
    const second = await newestToken(server, person.email, 'password');
    expect(second).not.toBe(first);
    expect(await reset(first)).toMatchObject(invalid);
    await age(person.email);
    expect(await reset(second)).toMatchObject(invalid);
  });

  it('ends with a change of the password, which is told', async () => {
    const person = await newPerson();
    await forgot(person.email);
    const token = await newestToken(server, person.email, 'password');
    const change = { current_password: PASSWORD, new_password: NEW_PASSWORD };
    expect(await as(server, person).post('/auth/password/change', change)).toMatchObject({ status: 204 });
    expect(await reset(token, 'another-good-one-88')).toMatchObject(invalid);
    expect((await mailsTo(server, person.email)).at(-1)?.subject).toBe('Your password was changed');
  });

  it('puts out whoever made the account without a proof: linked accounts and keys open nothing either', async () => {
    const [squatter, owner] = [await newPerson(), await newPerson()];
    await verify(await newestToken(server, owner.email, 'email'));
    const link = (person: FamilyMember): Promise<unknown> =>
      asIdentity(
        server,
        `INSERT INTO identities (id, user_id, provider, issuer, subject) VALUES (gen_random_uuid(), $1, 'home', 'https://id.example.org', $2)`,
        [person.userId, person.email],
      );
    const left = (person: FamilyMember): Promise<object[]> =>
      asIdentity(server, 'SELECT subject FROM identities WHERE user_id = $1', [person.userId]);
    for (const person of [squatter, owner]) {
      await link(person);
      const { secret } = await newApiKey(server, person, ['account:read']);
      await forgot(person.email);
      expect(await reset(await newestToken(server, person.email, 'password'))).toMatchObject({ status: 204 });
      expect(await byKey(server, secret).get('/auth/me')).toMatchObject(problem(401, 'invalid_api_key'));
    }
    // Nobody can tell what the owner has linked from what a thief has.
    expect([await left(squatter), await left(owner)]).toEqual([[], []]);
  });

  it('leaves nothing of a request that nobody used, after a day', async () => {
    const person = await newPerson();
    await forgot(person.email);
    await newestToken(server, person.email, 'password');
    await asIdentity(server, `UPDATE mail_tokens SET created_at = now() - interval '25 hours' WHERE email = $1`, [
      person.email,
    ]);
    expect(await server.app.get(Schedules).trigger('auth.mail_tokens')).toBe(true);
    await until('old tokens are gone', async () => {
      const rows = await asIdentity(server, 'SELECT id FROM mail_tokens WHERE email = $1', [person.email]);
      return rows.length === 0 ? true : undefined;
    });
  });

  it('is given to an account that had none', async () => {
    const person = await newPerson();
    await asIdentity(server, 'DELETE FROM credentials WHERE user_id = $1', [person.userId]);
    await forgot(person.email);
    expect(await reset(await newestToken(server, person.email, 'password'))).toMatchObject({ status: 204 });
    await expect(signIn(server, person.email, NEW_PASSWORD)).resolves.toMatchObject({ userId: person.userId });
  });
});

describe('changing the address', () => {
  const change = (person: FamilyMember, email: string, password = PASSWORD): Promise<unknown> =>
    as(server, person).post('/auth/email/change', { email, password });

  it('tells the old address, asks the new one, and takes place with its confirmation', async () => {
    const person = await newPerson();
    const next = uniqueEmail('next');
    expect(await change(person, next)).toMatchObject({ status: 202, body: {} });
    const [confirmation] = await mailsTo(server, next);
    const notice = (await mailsTo(server, person.email)).at(-1);
    expect(notice).toMatchObject({ subject: 'Your email address is about to change' });
    expect(notice?.text).not.toContain(next);
    expect(`${notice?.id ?? ''} is first`).toBe(
      `${[notice?.id ?? '', confirmation?.id ?? ''].sort()[0] ?? ''} is first`,
    );
    expect(await me(person)).toMatchObject({ email: person.email });

    expect(await verify(await newestToken(server, next, 'email'))).toMatchObject({ status: 204 });
    expect(await me(person)).toEqual(expect.objectContaining({ email: next, email_verified: true }));
    await expect(signIn(server, next)).resolves.toMatchObject({ userId: person.userId });
    expect(await nobody(server).post('/auth/login', { email: person.email, password: PASSWORD })).toMatchObject(
      problem(401, 'invalid_credentials'),
    );
  });

  it('needs the password, and another address than now', async () => {
    const person = await newPerson();
    const next = uniqueEmail('next');
    expect(await change(person, next, 'not-my-password')).toMatchObject(problem(400, 'wrong_password', 'password'));
    expect(await change(person, person.email)).toMatchObject(problem(400, 'validation_failed', 'email'));
    expect(await mailsTo(server, next)).toEqual([]);
  });

  it('does not tell whether somebody has the address, and never takes a confirmed one', async () => {
    const [person, holder] = [await newPerson(), await newPerson()];
    await verify(await newestToken(server, holder.email, 'email'));
    expect(await change(person, holder.email)).toMatchObject({ status: 202, body: {} });
    expect(await mailsTo(server, holder.email)).toHaveLength(1);
    expect(await me(holder)).toMatchObject({ email: holder.email });
  });

  it('is refused when somebody else has confirmed the address meanwhile; the link stays good for nothing else', async () => {
    const [person, holder] = [await newPerson(), await newPerson()];
    await change(person, holder.email);
    const forPerson = await newestToken(server, holder.email, 'email');
    // The holder's own link was the first of the two mails.
    const own = tokenIn((await mailsTo(server, holder.email))[0] ?? { text: '' });
    expect(await verify(own)).toMatchObject({ status: 204 });
    expect(await verify(forPerson)).toMatchObject(problem(409, 'email_taken', 'email'));
    expect(await me(person)).toMatchObject({ email: person.email });
    expect(await me(holder)).toMatchObject({ email: holder.email });
  });

  it('takes the address from who claimed it without a proof, and leaves that account as it is otherwise', async () => {
    const [owner, squatter] = [await newPerson(), await newPerson()];
    await change(owner, squatter.email);
    expect(await verify(await newestToken(server, squatter.email, 'email'))).toMatchObject({ status: 204 });
    expect(await me(owner)).toMatchObject({ email: squatter.email, email_verified: true });
    expect(await me(squatter)).toMatchObject({ email: null, email_verified: false });
  });

  it('ends with a new password, and is not there for children', async () => {
    const person = await newPerson();
    const next = uniqueEmail('next');
    await change(person, next);
    const token = await newestToken(server, next, 'email');
    const passwords = { current_password: PASSWORD, new_password: NEW_PASSWORD };
    await as(server, person).post('/auth/password/change', passwords);
    expect(await verify(token)).toMatchObject(invalid);

    const child = await newChild(server, await newFamily(server));
    const refused = problem(403, 'insufficient_permissions');
    expect(await change(child, next)).toMatchObject(refused);
    expect(await as(server, child).post('/auth/email/verify/request')).toMatchObject(refused);
    expect(await as(server, child).post('/auth/password/change', passwords)).toMatchObject(refused);
  });
});

describe('the outbox', () => {
  it('is read by the owner of the process alone', async () => {
    await mailsTo(server, admin.email);
    const folder = join(server.config.server.dataDir, 'outbox');
    const [name = ''] = await readdir(folder);
    const modes = [await stat(folder), await stat(join(folder, name))].map(({ mode }) => mode & 0o777);
    expect(modes).toEqual([0o700, 0o600]);
  });

  it('holds nothing that is fetched, and links to PUBLIC_URL only', async () => {
    for (const { html } of await outboxOf(server)) {
      expect(html).not.toMatch(/\bsrc=|url\(|<script|<link|<img|@import/i);
      for (const [, href = ''] of html.matchAll(/href="([^"]+)"/g))
        expect(href).toMatch(/^https:\/\/family\.example\.org\/account\//);
    }
  });

  it('is the only place where tokens are: not in the database, not in the queue', async () => {
    const person = await newPerson();
    const token = await newestToken(server, person.email, 'email');
    const rows = await asIdentity<{ row: string }>(
      server,
      `SELECT t::text AS row FROM mail_tokens t UNION ALL SELECT j::text FROM jobs.job j UNION ALL SELECT d::text FROM jobs.dead_letter d`,
      [],
    );
    const all = rows.map(({ row }) => row).join('\n');
    expect(all).toContain(person.email);
    for (const form of [token, Buffer.from(token).toString('hex'), Buffer.from(token, 'base64url').toString('hex')])
      expect(all).not.toContain(form);
  });
});

describe('the pages behind the links', () => {
  it.each([
    ['/account/password', '/api/v1/auth/password/reset', 'new-password'],
    ['/account/email', '/api/v1/auth/email/verify', undefined],
  ])('%s is open, in both languages, and runs its own script only', async (path, endpoint, autocomplete) => {
    for (const language of ['en', 'es']) {
      const { text, headers } = await server
        .http()
        .get(`${path}?x=%3Cscript%3E1%3C/script%3E`)
        .set('accept-language', language)
        .expect(200);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-/);
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(text).toContain(`<html lang="${language}">`);
      expect(text).toContain(`data-path="${endpoint}"`);
      if (autocomplete) expect(text).toContain(`autocomplete="${autocomplete}"`);
      expect(text).not.toContain('?x=');
    }
  });
});
