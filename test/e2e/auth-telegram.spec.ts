import { createHash, createHmac, randomInt } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { TokenResponse } from '../../src/modules/auth/dto/session.response.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  nobody,
  problem,
  type Answer,
  type FamilyMember,
} from '../support/factories.js';
import { erase } from '../support/erasure.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const TOKEN = '7000000001:AAF-a-token-of-the-tests-1234567890';
const INVALID = problem(401, 'telegram_proof_invalid');

let server: TestApp;
let admin: FamilyMember;
let maria: FamilyMember;
let id: number;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', TELEGRAM_BOT_TOKEN: TOKEN } });
  admin = await newFirstAdmin(server);
});
beforeEach(async () => {
  maria = (await newFamily(server)).parent;
  id = randomInt(1, 2 ** 47);
});
afterAll(() => server.close());

const now = (): number => Math.floor(Date.now() / 1000);
let counter = 0;

const sign = (fields: object, key: Buffer): string =>
  createHmac('sha256', key)
    .update(
      Object.entries(fields)
        .map(([name, value]) => `${name}=${String(value)}`)
        .sort()
        .join('\n'),
    )
    .digest('hex');

/** Each has another name in it, so that no two are the same. */
function widget(fields: object = {}, token = TOKEN): object {
  const all = { id, first_name: `María ${String((counter += 1))}`, auth_date: now(), ...fields };
  return { ...all, hash: sign(all, createHash('sha256').update(token).digest()) };
}

function miniApp(fields: object = {}, token = TOKEN): string {
  const user = JSON.stringify({ id, first_name: `María ${String((counter += 1))}` });
  const all = { auth_date: String(now()), query_id: 'AAH', user, signature: 'x', ...fields };
  const hash = sign(all, createHmac('sha256', 'WebAppData').update(token).digest());
  return new URLSearchParams({ ...all, hash }).toString();
}

const signIn = (body: object): Promise<Answer<TokenResponse>> => nobody(server).post('/auth/telegram', body);
const link = (body: object, person = maria): Promise<Answer<unknown>> =>
  as(server, person).post('/auth/identities/telegram', body);

/** What the audit log has of refusals about somebody. */
const refusals = async (action: string, { userId }: FamilyMember): Promise<object[]> => {
  const rows = await asIdentity<{ details: object }>(
    server,
    `SELECT details FROM audit_events WHERE action = $1 AND outcome = 'refused' AND subject_user_id = $2`,
    [action, userId],
  );
  return rows.map(({ details }) => details);
};

describe.each<[string, (fields?: object, token?: string) => object]>([
  ['the login widget', (fields, token) => ({ widget: widget(fields, token) })],
  ['a Mini App', (fields, token) => ({ init_data: miniApp(fields, token) })],
])('by %s', (_name, proof) => {
  it('somebody whose Telegram account is linked signs in', async () => {
    expect(await link(proof())).toMatchObject({ status: 200, body: { provider: 'telegram' } });
    expect(await signIn(proof())).toMatchObject({ status: 200, body: { user: { id: maria.userId } } });
  });

  it('nobody signs in whose account is not linked, whatever telegram_id an account names', async () => {
    await as(server, maria).patch('/users/me', { telegram_id: id });
    expect(await signIn(proof())).toMatchObject(problem(403, 'telegram_not_linked'));
  });

  it('a proof is good once, also of ten at the same moment, and for linking or signing in', async () => {
    const first = proof();
    expect(await link(first)).toMatchObject({ status: 200 });
    expect(await signIn(first)).toMatchObject(INVALID);
    const second = proof();
    const answers = await Promise.all(Array.from({ length: 10 }, () => signIn(second)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(401)]);
  });

  it.each([
    ['older than five minutes', { auth_date: now() - 302 }],
    ['of the future', { auth_date: now() + 120 }],
    ['without a time', { auth_date: 0 }],
  ])('a proof %s is refused', async (_title, fields) => {
    await link(proof());
    expect(await signIn(proof(fields))).toMatchObject(INVALID);
  });

  it('a proof of another bot is refused', async () => {
    await link(proof());
    expect(await signIn(proof({}, '7000000002:another'))).toMatchObject(INVALID);
  });

  it('a disabled account is refused', async () => {
    await link(proof());
    await as(server, admin).patch(`/users/${maria.userId}`, { status: 'disabled' });
    expect(await signIn(proof())).toMatchObject(problem(403, 'account_disabled'));
    expect(await refusals('auth.login', maria)).toEqual([{ method: 'telegram', reason: 'account_disabled' }]);
  });

  it('what is linked to somebody else cannot be linked', async () => {
    await link(proof());
    const other = (await newFamily(server)).parent;
    expect(await link(proof(), other)).toMatchObject(problem(409, 'identity_taken'));
    expect(await refusals('identity.link', other)).toEqual([{ method: 'telegram', reason: 'identity_taken' }]);
  });
});

describe('a forged proof is refused', () => {
  it.each<[string, () => object]>([
    ['with another id', () => ({ widget: { ...widget(), id: id + 1 } })],
    ['without a signature', () => ({ widget: { ...widget(), hash: '' } })],
    ['with half a signature', () => ({ widget: { ...widget(), hash: 'ab'.repeat(16) } })],
    ['with a field more', () => ({ widget: { ...widget(), username: 'x' } })],
    ['with a field hidden in another', () => ({ widget: widget({ first_name: `x\nid=${String(id)}` }) })],
    [
      'of a widget as that of a Mini App',
      () => ({ init_data: new URLSearchParams(widget() as Record<string, string>).toString() }),
    ],
    ['of a Mini App with a user twice', () => ({ init_data: `${miniApp()}&user=%7B%22id%22%3A1%7D` })],
    ['of a Mini App with another user', () => ({ init_data: miniApp().replace(String(id), String(id + 1)) })],
    ['of a Mini App without a user', () => ({ init_data: miniApp({ user: '' }) })],
    ['of a bot', () => ({ init_data: miniApp({ user: JSON.stringify({ id, is_bot: true }) }) })],
    ['with an id that is none', () => ({ init_data: miniApp({ user: JSON.stringify({ id: '7' }) }) })],
    ['that is nonsense', () => ({ init_data: '%%%&=&hash=zz' })],
  ])('%s', async (_title, proof) => {
    await link({ widget: widget() });
    expect(await signIn(proof())).toMatchObject(INVALID);
  });

  it('a bare telegram_id never signs anybody in', async () => {
    await link({ widget: widget() });
    expect(await signIn({ telegram_id: id })).toMatchObject(problem(400, 'validation_failed', 'telegram_id'));
    expect(await signIn({})).toMatchObject(problem(400, 'validation_failed', 'init_data'));
    expect(await signIn({ widget: widget(), init_data: miniApp() })).toMatchObject(
      problem(400, 'validation_failed', 'init_data'),
    );
    expect(await nobody(server).post('/auth/login', { telegram_id: id })).toMatchObject({ status: 400 });
  });
});

it('whoever has written down the id of somebody else gives way when its owner proves it', async () => {
  const squatter = (await newFamily(server)).parent;
  await as(server, squatter).patch('/users/me', { telegram_id: id });
  await link({ widget: widget() });
  const rows = await asIdentity(server, 'SELECT id FROM users WHERE telegram_id = $1', [id]);
  expect(rows).toEqual([{ id: maria.userId }]);
  expect(await as(server, squatter).patch('/users/me', { telegram_id: id })).toMatchObject(
    problem(409, 'telegram_id_taken'),
  );
});

it('takes the end of the account back by signing in', async () => {
  await link({ widget: widget() });
  expect(await erase(server, maria)).toMatchObject({ status: 202 });
  const { body } = await signIn({ widget: widget() });
  expect(body.user.id).toBe(maria.userId);
  expect((await as(server, { bearer: `Bearer ${body.access_token ?? ''}` }).get('/auth/me')).status).toBe(200);
});

it('linking needs a fresh sign-in', async () => {
  await asIdentity(server, `UPDATE sessions SET created_at = now() - interval '1 hour' WHERE user_id = $1`, [
    maria.userId,
  ]);
  expect(await link({ widget: widget() })).toMatchObject(problem(403, 'fresh_sign_in_required'));
});

it('without a bot there is no sign-in by Telegram', async () => {
  const bare = await startApp();
  expect(await nobody(bare).post('/auth/telegram', { init_data: miniApp() })).toMatchObject(
    problem(404, 'provider_not_found'),
  );
  await bare.close();
});
