import { createHash, createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { tokenIn, type OutboxMail } from '../support/mail/outbox.js';
import { measured } from '../support/measure.js';
import { CLIENT, Upstream } from '../support/oidc/upstream.js';
import { killServers, moveIn, ServerProcess, until } from '../support/process.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000);

const METRICS_TOKEN = 'planted-metrics-token-4Vw8rTz1';
/** What people say, which is in the database and must be nowhere else. */
const CONTENT = 'Leo hides the key under the geranium Xq7';
const QUESTION = 'where is the geranium key Xq8';
const WRONG = 'planted-wrong-password-Jd93';
const BOT_TOKEN = '7000000001:AAF-planted-bot-token-Pk51';
const [PIN, WRONG_PIN] = ['80352914', '61940273'];
const PUBLIC_URL = 'http://localhost:4999';
const CALLBACK = '/api/v1/auth/callback/home';

/** Keeps everything that a collector of traces is sent. */
class Collector {
  text = '';
  private readonly server: Server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    request.on('end', () => response.end('{}'));
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => { resolve(); })); // prettier-ignore
  }
}

/** All rows of all tables, or the bytes of the embedded database with its write-ahead log. */
async function dump({ kind, env }: TestDatabase): Promise<string> {
  if (kind === 'embedded') {
    const folder = join(env['DATA_DIR'] ?? '', 'database');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((file) => join(folder, file))
      .filter((file) => statSync(file).isFile())
      .map((file) => readFileSync(file, 'latin1'))
      .join('\n');
  }
  const url = new URL(process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '');
  url.pathname = new URL(env['DATABASE_URL'] ?? '').pathname;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text !~ '^(pg_|information)'",
    );
    const texts: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      texts.push(...rows.map(({ row }) => row));
    }
    return texts.join('\n');
  } finally {
    await client.end();
  }
}

/** The secret as it is, and as its bytes are written; of 256 random bits, also as what they stand for. */
function spellings(secret: string): string[] {
  const bits = /^[\w-]{43}$/.test(secret) ? Buffer.from(secret, 'base64url') : undefined;
  return [
    secret,
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('base64').replaceAll('=', ''),
    ...(bits ? [bits.toString('hex'), bits.toString('latin1')] : []),
  ];
}

/** What a request gives, and whether it did what it is there for: a secret that nothing used is planted nowhere. */
async function call<T>(
  server: ServerProcess,
  expected: number,
  method: string,
  path: string,
  more: { token?: string; body?: object } = {},
): Promise<T> {
  const { status, body } = await server.call(method, path, more);
  expect([path, status, status === expected ? '' : body]).toEqual([path, expected, '']);
  return body as T;
}

/** The token of the newest mail to an address whose link opens this page. */
function mailed({ env }: TestDatabase, address: string, page: 'email' | 'password'): Promise<string> {
  const folder = join(env['DATA_DIR'] ?? '', 'outbox');
  return until(`a mail to ${address} is there`, () => {
    const mails = (existsSync(folder) ? readdirSync(folder) : [])
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as OutboxMail);
    const mail = mails.findLast(({ to, text }) => to === address && text.includes(`/account/${page}#`));
    return mail && tokenIn(mail);
  });
}

/** Signs in as somebody new, forgets the password, and has the account erased. @returns the secrets of it */
async function comeAndGo(server: ServerProcess, database: TestDatabase, invitation: string): Promise<string[]> {
  const email = 'guest@example.org';
  const [first, second] = ['planted-guest-password-Qm62', 'planted-reset-password-Rn73'];
  await call(server, 201, 'POST', '/auth/register', {
    body: { email, password: first, first_name: 'Leo', invitation },
  });
  const toVerify = await mailed(database, email, 'email');
  await call(server, 204, 'POST', '/auth/email/verify', { body: { token: toVerify } });
  await call(server, 400, 'POST', '/auth/email/verify', { body: { token: toVerify } });
  await call(server, 202, 'POST', '/auth/password/forgot', { body: { email } });
  const toReset = await mailed(database, email, 'password');
  await call(server, 204, 'POST', '/auth/password/reset', { body: { token: toReset, new_password: second } });
  const body = { email, password: second };
  const session = await call<{ access_token: string; refresh_token: string }>(server, 200, 'POST', '/auth/login', {
    body,
  });
  const token = session.access_token;
  const { receipt_code: receipt } = await call<{ receipt_code: string }>(server, 202, 'DELETE', '/users/me', { token, body: { password: second } }); // prettier-ignore
  await call(server, 200, 'GET', `/privacy/receipts/${receipt}`);
  await call(server, 404, 'GET', `/privacy/receipts/${receipt}x`);
  return [first, second, toVerify, toReset, token, session.refresh_token, receipt];
}

/** Makes and uses an API key. */
async function useKey(server: ServerProcess, token: string): Promise<string[]> {
  const body = { name: 'A key', scopes: ['account:read'] };
  const { key_secret: key } = await call<{ key_secret: string }>(server, 201, 'POST', '/api-keys', { token, body });
  for (const [secret, status] of [
    [key, 200],
    [`${key}x`, 401],
  ] as const)
    // prettier-ignore
    expect((await server.fetch('/api/v1/auth/me', { headers: { 'x-api-key': secret } })).status).toBe(status);
  return [key];
}

/** Lets a child's device in, and opens it. */
async function useDevice(server: ServerProcess, token: string): Promise<string[]> {
  const child = { first_name: 'Leo', role: 'child' };
  const { id } = await call<{ id: string }>(server, 201, 'POST', '/family/members', { token, body: child });
  const { code } = await call<{ code: string }>(server, 201, 'POST', '/auth/device-codes', {
    token,
    body: { member_id: id },
  });
  const enrolment = { code, device_name: 'Tablet', pin: PIN };
  const device = await call<{ device_token: string; refresh_token: string }>(server, 201, 'POST', '/auth/device/enrol', { body: enrolment }); // prettier-ignore
  const { device_token: deviceToken } = device;
  await call(server, 401, 'POST', '/auth/device/unlock', { body: { device_token: deviceToken, pin: WRONG_PIN } });
  await call(server, 200, 'POST', '/auth/device/unlock', { body: { device_token: deviceToken, pin: PIN } });
  await call(server, 404, 'POST', '/auth/device/enrol', { body: enrolment });
  return [code, code.replaceAll('-', ''), deviceToken, device.refresh_token, PIN, WRONG_PIN];
}

/** Links an account of a provider and signs in by it. */
async function useProvider(server: ServerProcess, upstream: Upstream, token: string): Promise<string[]> {
  upstream.person = { sub: 'ada', email: 'ada@example.org', email_verified: false };
  const secrets: string[] = [];
  const comeBack = async (begun: Response, address: string): Promise<void> => {
    const cookie =
      begun.headers
        .getSetCookie()
        .find((each) => each.startsWith('__Host-fa_flow='))
        ?.split(';')[0] ?? '';
    const back = await upstream.visit(address);
    const answer = await server.fetch(`${back.pathname}${back.search}`, { headers: { cookie } });
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { access_token?: string; refresh_token?: string };
    const { code = '', state = '' } = Object.fromEntries(back.searchParams);
    const flow = decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1));
    secrets.push(code, state, flow, ...[body.access_token, body.refresh_token].filter((each) => each !== undefined));
    expect((await server.fetch(`${back.pathname}${back.search}`, { headers: { cookie } })).status).toBe(400);
  };
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ provider: 'home' });
  const linking = await server.fetch('/api/v1/auth/identities', { method: 'POST', headers, body });
  await comeBack(linking, ((await linking.json()) as { authorization_url: string }).authorization_url);
  const signingIn = await server.fetch('/api/v1/auth/login/home', { redirect: 'manual' });
  await comeBack(signingIn, signingIn.headers.get('location') ?? '');
  expect(secrets).toHaveLength(8);
  return [CLIENT.secret, ...secrets];
}

/** Links a Telegram account and signs in by it. */
async function useTelegram(server: ServerProcess, token: string): Promise<string[]> {
  const proof = (query: string): string => {
    const fields = { auth_date: String(Math.floor(Date.now() / 1000)), query_id: query, user: '{"id":7001}' };
    const signed = Object.entries(fields).map(([name, value]) => `${name}=${value}`).sort().join('\n'); // prettier-ignore
    const key = createHmac('sha256', 'WebAppData').update(BOT_TOKEN).digest();
    return new URLSearchParams({ ...fields, hash: createHmac('sha256', key).update(signed).digest('hex') }).toString();
  };
  await call(server, 200, 'POST', '/auth/identities/telegram', { token, body: { init_data: proof('AAA') } });
  const body = { init_data: proof('AAB') };
  const session = await call<{ access_token: string; refresh_token: string }>(server, 200, 'POST', '/auth/telegram', {
    body,
  });
  await call(server, 401, 'POST', '/auth/telegram', { body });
  const key = createHash('sha256').update(BOT_TOKEN).digest('hex');
  return [BOT_TOKEN, BOT_TOKEN.split(':')[1] ?? '', key, session.access_token, session.refresh_token];
}

describe('planted secrets', () => {
  let database: TestDatabase;
  let upstream: Upstream;
  const collector = new Collector();

  beforeEach(async () => {
    database = await newDatabase();
    upstream = await Upstream.start([`${PUBLIC_URL}${CALLBACK}`]);
  });
  afterEach(async () => {
    await killServers();
    await Promise.all([collector.close(), upstream.close()]);
    await database.drop();
  });

  it('are in no log, trace, metric and no copy of the database', async () => {
    const endpoint = await collector.listen();
    const server = await ServerProcess.start(
      {
        ...database.env,
        LOG_LEVEL: 'trace',
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        METRICS_TOKEN,
        PUBLIC_URL,
        TELEGRAM_BOT_TOKEN: BOT_TOKEN,
        OIDC_PROVIDERS: JSON.stringify([
          { id: 'home', name: 'Home', issuer: upstream.issuer, client_id: CLIENT.id, client_secret: CLIENT.secret },
        ]),
      },
      { imports: ['tracing'] },
    );
    const { email, password, token, refreshToken } = await moveIn(server);
    const ask = async <T>(method: string, path: string, body?: object, as = token): Promise<T> =>
      (await server.call(method, path, { token: as, ...(body ? { body } : {}) })).body as T;
    const refreshed = await ask<{ access_token: string; refresh_token: string }>('POST', '/auth/refresh', { refresh_token: refreshToken }); // prettier-ignore
    const invitation = await ask<{ code: string }>('POST', '/family/invitations', { role: 'grandparent' });
    const [next, change] = ['planted-next-password-Kf27', 'planted-refused-password-Lg38'];
    await ask('POST', '/auth/login', { email, password: WRONG });
    await ask('POST', '/auth/password/change', { current_password: WRONG, new_password: change });
    await ask('POST', '/auth/password/change', { current_password: password, new_password: next });
    await ask('POST', '/memories', { content: CONTENT });
    await ask('POST', '/memories/search', { query: QUESTION });
    await ask('POST', '/memories', { content: CONTENT, valid_from: 'no time at all' });
    await ask('GET', '/auth/me', undefined, 'planted-garbage-token-Mh49');
    await server.fetch('/api/v1/auth/me', { headers: { cookie: '__Host-fa_access=planted-cookie-Nj50' } });
    const used = [
      ...(await useKey(server, token)),
      ...(await useDevice(server, token)),
      ...(await useProvider(server, upstream, token)),
      ...(await useTelegram(server, token)),
      ...(await comeAndGo(server, database, invitation.code)),
    ];
    expect(used.filter((secret) => typeof secret !== 'string' || secret.length < 8)).toEqual([]);
    const metrics = await server.fetch('/metrics', { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
    expect(metrics.status).toBe(200);
    const places = { metrics: await metrics.text(), logs: '', traces: '', database: '' };
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    places.logs = server.stdout + server.stderr;
    places.traces = collector.text;
    places.database = await dump(database);

    const secrets = [
      password, WRONG, next, change, token, refreshToken, refreshed.access_token, refreshed.refresh_token,
      invitation.code, invitation.code.replaceAll('-', ''), METRICS_TOKEN, 'planted-garbage-token-Mh49', 'planted-cookie-Nj50',
      ...used,
    ]; // prettier-ignore
    const found = Object.entries(places).flatMap(([place, text]) =>
      [...secrets, ...(place === 'database' ? [] : [CONTENT, QUESTION])]
        .filter((secret) => spellings(secret).some((spelling) => text.includes(spelling)))
        .map((secret) => `${secret} in ${place}`),
    );
    measured('planted secrets', {
      secrets: secrets.length + 2,
      places: Object.keys(places).join(' '),
      found: found.length,
    });
    expect(found).toEqual([]);
    // The net has no holes: what may be there is.
    expect(places.logs).toContain('/api/v1/auth/login');
    expect(places.traces).toContain('LoginService.login');
    expect(places.traces).toContain('/api/v1/privacy/receipts/:code');
    expect(places.logs).toContain(CALLBACK.replace('home', ':provider'));
    expect(places.metrics).toContain('family_assistant_requests_total');
    expect(places.database).toContain(email);
  });
});
