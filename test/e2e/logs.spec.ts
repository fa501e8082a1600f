import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { FamilyService } from '../../src/modules/family/index.js';
import { ACCESS_COOKIE, REFRESH_COOKIE } from '../../src/platform/security/request.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFamily, newInvitation, PASSWORD, signIn, uniqueEmail, type TestFamily } from '../support/factories.js';
import { until, type LogLine } from '../support/process.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(120_000);

/** What the server writes about its requests, at the most talkative level. */
describe('the log', () => {
  let server: TestApp;
  let family: TestFamily;
  let text = '';

  const lines = (): LogLine[] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine);
  const ofRequest = (id: string): LogLine[] => lines().filter((line) => line['request_id'] === id);
  const requestLine = async (id: string): Promise<LogLine> =>
    until(`the line of ${id}`, () => ofRequest(id).find(({ msg }) => msg === 'request'));

  beforeAll(async () => {
    const logs = { write: (line: string): void => void (text += line) };
    server = await startApp({ env: { REGISTRATION: 'open', LOG_LEVEL: 'trace' }, logs });
    family = await newFamily(server);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(() => server.close());

  test('has one line per request, by its id, with the route pattern and the person', async () => {
    const get = (path: string, id: string) =>
      server.http().get(path).set('authorization', family.parent.bearer).set('x-request-id', id);
    const { headers } = await get('/api/v1/family/members/not-an-id', 'one-line-400').expect(400);
    expect(headers['x-request-id']).toBe('one-line-400');
    await get(`/api/v1/family/members/${family.parent.memberId}`, 'one-line-200').expect(200);
    await get('/api/v1/no/such/thing', 'one-line-404').expect(404);
    await server.http().get('/api/v1/auth/me').set('x-request-id', 'one-line-401').expect(401);

    for (const [status, route] of [
      [200, '/api/v1/family/members/:id'],
      [400, '/api/v1/family/members/:id'],
      [401, '/api/v1/auth/me'],
      [404, 'unmatched'],
    ] as const) {
      const id = `one-line-${String(status)}`;
      expect(await requestLine(id)).toMatchObject({
        level: 'info',
        method: 'GET',
        route,
        status,
        duration_ms: expect.any(Number),
        time: expect.any(String),
      });
      expect(ofRequest(id).filter(({ msg }) => msg === 'request')).toHaveLength(1);
    }
    expect(await requestLine('one-line-200')).toMatchObject({ user_id: family.parent.userId });
  });

  test('says of a slow request that it was, and of a slow statement no value', async () => {
    let slow = '';
    const logs = { write: (line: string): void => void (slow += line) };
    const own = await startApp({ env: { LOG_SLOW_REQUEST: '1', DATABASE_SLOW_STATEMENT: '800' }, logs });
    try {
      await own.app
        .get(DataSource)
        .query("SELECT pg_sleep(1), 'planted-literal-Gh31', $1::text", ['planted-value-Gh32']);
      const register = { email: uniqueEmail('slow'), password: PASSWORD, first_name: 'Ana' };
      await own.http().post('/api/v1/auth/register').set('x-request-id', 'a-slow-one').send(register).expect(201);
      const found = await until('both lines', () => {
        const written = slow.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as LogLine); // prettier-ignore
        const request = written.find((line) => line['request_id'] === 'a-slow-one' && line['msg'] === 'request');
        // Loggers of services write where the first server of the process does.
        const statement = lines().find(
          ({ msg, statement: text }) => msg === 'a statement was slow' && String(text).includes('pg_sleep'),
        );
        return request && statement && { request, statement };
      });
      expect(found.request).toMatchObject({ level: 'warn', slow: true, status: 201, context: 'http' });
      expect(found.statement).toMatchObject({
        level: 'warn',
        context: 'Database',
        statement: "SELECT pg_sleep(1), '?', $1::text",
        duration_ms: expect.any(Number),
      });
      expect(slow + text).not.toMatch(/planted-(literal|value)/);
    } finally {
      await own.close();
    }
  });

  test('ties the jobs of a request to it', async () => {
    await server
      .http()
      .post('/api/v1/conversations')
      .set('authorization', family.parent.bearer)
      .send({ title: 'x' })
      .expect(201)
      .then(({ body }) =>
        server
          .http()
          .post(`/api/v1/conversations/${(body as { id: string }).id}/turns`)
          .set('authorization', family.parent.bearer)
          .set('x-request-id', 'cause-of-a-job')
          .send({ turns: [{ role: 'user', content: 'I like tea.' }] })
          .expect(201),
      );
    const line = await until('the job has run', () =>
      ofRequest('cause-of-a-job').find(({ msg }) => msg === 'jobs have run'),
    );
    expect(line).toMatchObject({
      context: 'Jobs',
      queue: 'memory.extract',
      job_id: expect.any(String),
      outcome: 'succeeded',
      duration_ms: expect.any(Number),
    });
  });

  test('gives a request an id of its own where the given one is not sane, and tells it in errors', async () => {
    const { body, headers } = (await server
      .http()
      .get('/api/v1/auth/me')
      .set('x-request-id', 'a b<script>')
      .expect(401)) as {
      body: { request_id: string };
      headers: Record<string, string>;
    };
    expect(headers['x-request-id']).toBe(body.request_id);
    expect(body.request_id).not.toContain('script');
    expect(await requestLine(body.request_id)).toMatchObject({ status: 401 });
  });

  test('says nothing about probes that are well', async () => {
    await server.http().get('/health/live').set('x-request-id', 'quiet-probe-1').expect(200);
    await server.http().get('/metrics').set('x-request-id', 'quiet-probe-2').expect(200);
    await server.http().get('/status').set('x-request-id', 'quiet-probe-3').expect(200);
    await server.http().get('/api/v1/auth/me').set('x-request-id', 'after-the-probes').expect(401);
    await requestLine('after-the-probes');
    expect([...ofRequest('quiet-probe-1'), ...ofRequest('quiet-probe-2'), ...ofRequest('quiet-probe-3')]).toEqual([]);
  });

  test('ties an unexpected error to its request, and the answer tells nothing of it', async () => {
    jest.spyOn(server.app.get(FamilyService), 'active').mockRejectedValue(new Error('the roof is on fire'));
    const answer = await server
      .http()
      .get('/api/v1/family')
      .set('authorization', family.parent.bearer)
      .set('x-request-id', 'failing-request')
      .expect(500);
    expect(answer.body).toMatchObject({ code: 'internal_error', request_id: 'failing-request' });
    expect(answer.text).not.toMatch(/roof|Error:|\bat\b.*\.ts/);

    expect(await requestLine('failing-request')).toMatchObject({ level: 'error', status: 500 });
    const told = ofRequest('failing-request').filter((line) => 'err' in line);
    expect(told).toEqual([
      expect.objectContaining({
        level: 'error',
        err: expect.objectContaining({ type: 'Error', message: 'the roof is on fire', stack: expect.any(String) }),
      }),
    ]);
  });

  test('holds no secret and no word of a person, whatever happens', async () => {
    const planted = {
      password: 'correct-Zebra-battery-41-password',
      wrongPassword: 'wrong-Zebra-battery-41-password',
      newPassword: 'newest-Zebra-battery-41-password',
      email: uniqueEmail('zebra-mail'),
      memberName: 'Zebrafina-the-Third',
      lastName: 'Zebranowski',
      forgedToken: 'zebra.forged.token-0123456789',
      forgedRefresh: 'zebra-forged-refresh-0123456789-0123456789-01',
      inPath: 'zebra-in-path',
      inQuery: 'zebra-in-query',
      inJson: 'zebra-in-broken-json',
      inHeader: 'zebra-in-header',
    };
    const secrets = new Set<string>(Object.values(planted));
    const http = () => server.http();

    // In: invited, registered, signed in, by body and by cookie.
    const code = await newInvitation(server, family, { role: 'grandparent' });
    secrets.add(code).add(code.replaceAll('-', ''));
    await http()
      .post('/api/v1/auth/register')
      .send({ email: planted.email, password: 'short', first_name: planted.memberName })
      .expect(400);
    await http()
      .post('/api/v1/auth/register')
      .send({
        email: planted.email,
        password: planted.password,
        first_name: planted.memberName,
        last_name: planted.lastName,
        invitation: code,
      })
      .expect(201);
    await http().post('/api/v1/auth/login').send({ email: planted.email, password: planted.wrongPassword }).expect(401);
    await http()
      .post('/api/v1/auth/token')
      .type('form')
      .send({ grant_type: 'password', username: planted.email, password: planted.wrongPassword })
      .expect(401);
    const guest = await signIn(server, planted.email, planted.password);
    const withCookies = await http()
      .post('/api/v1/auth/login')
      .send({ email: planted.email, password: planted.password, delivery: 'cookie' })
      .expect(200);
    const cookies = cookiesOf(withCookies.headers);
    for (const value of [guest.accessToken, guest.refreshToken, ...cookies.values()]) secrets.add(value);
    expect([...cookies.keys()].sort()).toEqual([ACCESS_COOKIE, REFRESH_COOKIE].sort());

    // Use: right, wrong, forged.
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    await http().get('/api/v1/auth/me').set('cookie', cookie).expect(200);
    await http().get('/api/v1/auth/me').set('cookie', cookie).set('authorization', guest.bearer).expect(400);
    await http().get('/api/v1/auth/me').set('authorization', `Bearer ${planted.forgedToken}`).expect(401);
    await http().get('/api/v1/auth/me').set('authorization', planted.inHeader).expect(401);
    await http().get(`/api/v1/family/members/${planted.inPath}`).set('authorization', guest.bearer).expect(400);
    await http().get(`/api/v1/${planted.inPath}`).set('authorization', guest.bearer).expect(404);
    await http().get(`/api/v1/family/members?cursor=${planted.inQuery}`).set('authorization', guest.bearer).expect(400);
    await http().post('/api/v1/auth/login').type('json').send(`{"password": "${planted.inJson}"`).expect(400);
    await http().post('/api/v1/auth/login').type('application/xml').send(planted.inJson).expect(415);
    await http().post('/api/v1/auth/refresh').send({ refresh_token: planted.forgedRefresh }).expect(401);
    const refreshed = await http().post('/api/v1/auth/refresh').send({ refresh_token: guest.refreshToken }).expect(200);
    const next = refreshed.body as { access_token: string; refresh_token: string };
    secrets.add(next.access_token).add(next.refresh_token);
    await http()
      .post('/api/v1/auth/password/change')
      .set('authorization', guest.bearer)
      .send({ current_password: planted.password, new_password: planted.newPassword })
      .expect(204);

    // Errors that the database finds: twice the same, and the values of the row in its message.
    const member = {
      first_name: planted.memberName,
      last_name: planted.lastName,
      role: 'child',
      telegram_id: 990_017_733,
    };
    const add = () => http().post('/api/v1/family/members').set('authorization', family.parent.bearer).send(member);
    await add().expect(201);
    await add().expect(409);
    await http()
      .post('/api/v1/auth/register')
      .send({ email: planted.email, password: PASSWORD, first_name: planted.memberName, family_name: 'X' })
      .expect(409);

    // Errors of ours, with the words of a person in reach.
    const families = server.app.get(FamilyService);
    const database = server.app.get(DataSource);
    jest
      .spyOn(families, 'active')
      .mockImplementation(() =>
        database.query(
          `INSERT INTO members (id, family_id, first_name, role) VALUES (gen_random_uuid(), gen_random_uuid(), $1, $2)`,
          [planted.memberName, planted.lastName],
        ),
      );
    await http().get('/api/v1/family').set('authorization', family.parent.bearer).expect(500);
    jest.spyOn(families, 'active').mockImplementation(() => database.query(`SELECT $1::int`, [planted.memberName]));
    await http().get('/api/v1/family').set('authorization', family.parent.bearer).expect(500);
    const carrying = Object.assign(new Error('something failed'), {
      password: planted.password,
      config: { headers: { authorization: guest.bearer } },
    });
    jest.spyOn(families, 'active').mockRejectedValue(carrying);
    await http()
      .get('/api/v1/family')
      .set('authorization', family.parent.bearer)
      .set('x-request-id', 'the-last-of-these')
      .expect(500);
    await requestLine('the-last-of-these');

    for (const secret of secrets) expect(text.split('\n').filter((line) => line.includes(secret))).toEqual([]);
    // The net has no holes: the lines are there, the failures among them.
    expect(lines().filter(({ msg }) => msg === 'request').length).toBeGreaterThan(20);
    expect(lines().filter((line) => 'err' in line).length).toBeGreaterThanOrEqual(3);
  });
});

/** The cookies that an answer sets. */
function cookiesOf(headers: Readonly<Record<string, unknown>>): Map<string, string> {
  const set = headers['set-cookie'];
  const all = Array.isArray(set) ? (set as string[]) : [];
  return new Map(
    all
      .map((line) => /^([^=]+)=([^;]*)/.exec(line))
      .flatMap((match) => (match ? [[match[1] ?? '', match[2] ?? ''] as const] : [])),
  );
}
