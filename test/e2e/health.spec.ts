import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { VERSION } from '../../src/platform/config/index.js';
import { startManagement } from '../../src/platform/observability/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { onPostgres } from '../support/database.js';
import { newFamily, newFirstAdmin, newProfile, type FamilyMember, type TestFamily } from '../support/factories.js';
import { freePort } from '../support/process.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(120_000);

interface Health {
  readonly status: string;
  readonly components?: Readonly<Record<string, { status: string }>>;
}

describe('health', () => {
  let server: TestApp;
  let admin: FamilyMember;
  let family: TestFamily;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    admin = await newFirstAdmin(server);
    family = await newFamily(server);
  });
  afterAll(() => server.close());

  test.each(['/health', '/health/ready', '/ready'])('%s says how it is to everybody, and no more', async (path) => {
    const { body } = (await server.http().get(path).expect(200)) as { body: Health };
    expect(body).toEqual({ status: 'ok', timestamp: expect.any(String), version: expect.any(String) });
    const asParent = (await server.http().get(path).set('authorization', family.parent.bearer).expect(200)) as {
      body: Health;
    };
    expect(asParent.body).not.toHaveProperty('components');
  });

  test.each(['/health', '/health/ready', '/ready'])(
    '%s shows the parts to those with operations:read',
    async (path) => {
      const { body } = (await server.http().get(path).set('authorization', admin.bearer).expect(200)) as {
        body: Health;
      };
      expect(body.components).toMatchObject({
        database: { status: 'up', kind: onPostgres ? 'postgresql' : 'embedded', latency_ms: expect.any(Number) },
        vector_index: { status: 'up' },
        disk: { status: 'up', free_mib: expect.any(Number) },
        memory: { status: 'up', resident_mib: expect.any(Number) },
      });
      expect('redis' in (body.components ?? {})).toBe(process.env['TEST_REDIS_URL'] !== undefined);
    },
  );

  test('a credential that opens nothing does not make a probe fail', async () => {
    await server.http().get('/health').set('authorization', 'Bearer not.a.token').expect(200);
  });

  test('/health/live touches nothing', async () => {
    const { body } = (await server.http().get('/health/live').expect(200)) as { body: unknown };
    expect(body).toEqual({ status: 'alive' });
  });

  test('/health/db_pool keeps its numbers for operators', async () => {
    const open = (await server.http().get('/health/db_pool').expect(200)) as { body: unknown };
    expect(open.body).toEqual({ status: 'ok' });
    const told = (await server.http().get('/health/db_pool').set('authorization', admin.bearer).expect(200)) as {
      body: unknown;
    };
    expect(told.body).toEqual({
      status: 'ok',
      size: onPostgres ? 8 : 1,
      in_use: expect.any(Number),
      idle: expect.any(Number),
      waiting: 0,
      utilisation: expect.any(Number),
      wait_p95_seconds: expect.any(Number),
      exhausted_total: 0,
    });
  });

  test('a part that is needed and down makes the server unready', async () => {
    // More free space than any disk has is asked for.
    const hungry = await startApp({ env: { HEALTH_DISK_MINIMUM: '1048576' } });
    try {
      const { body } = (await hungry.http().get('/health/ready').expect(503)) as { body: Health };
      expect(body.status).toBe('error');
      await hungry.http().get('/health/live').expect(200);
    } finally {
      await hungry.close();
    }
  });

  test('a part that is not needed makes it degraded, and still ready', async () => {
    // Its Redis is somewhere where nobody listens.
    const poor = await startApp({ env: { REDIS_URL: 'redis://127.0.0.1:1/0' } });
    try {
      const { body } = (await poor.http().get('/health/ready').expect(200)) as { body: Health };
      expect(body.status).toBe('degraded');
    } finally {
      await poor.close();
    }
  });
});

describe('metrics', () => {
  let server: TestApp;
  let family: TestFamily;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    family = await newFamily(server);
  });
  afterAll(() => server.close());

  test('count requests by route pattern: no address, no id', async () => {
    const member = await newProfile(server, family, 'child');
    const get = (path: string) => server.http().get(path).set('authorization', family.parent.bearer);
    await get(`/api/v1/family/members/${member}`).expect(200);
    await get('/api/v1/family/members?limit=7').expect(200);
    await get(`/api/v1/nothing/${member}`).expect(404);
    await server.http().get('/api/v1/auth/me').expect(401);

    const samples = await read(server);
    const requests = samples.filter(({ name }) => name === 'family_assistant_requests_total');
    const found = (labels: Labels): number => requests.find((sample) => same(sample.labels, labels))?.value ?? 0;
    expect(found({ method: 'GET', endpoint: '/api/v1/family/members/:id', status: '200' })).toBe(1);
    expect(found({ method: 'GET', endpoint: '/api/v1/family/members', status: '200' })).toBe(1);
    expect(found({ method: 'GET', endpoint: 'unmatched', status: '404' })).toBe(1);
    expect(found({ method: 'GET', endpoint: '/api/v1/auth/me', status: '401' })).toBe(1);
    const values = samples.flatMap(({ labels }) => Object.values(labels));
    for (const id of [member, family.familyId, family.parent.userId, family.parent.memberId, family.parent.email]) {
      expect(values.filter((value) => value.includes(id))).toEqual([]);
    }
    expect(
      requests
        .flatMap(({ labels }) => Object.keys(labels))
        .every((name) => ['method', 'endpoint', 'status'].includes(name)),
    ).toBe(true);
  });

  test('a thousand addresses that lead nowhere are one series', async () => {
    const before = (await read(server)).length;
    for (let index = 0; index < 20; index += 1)
      await server
        .http()
        .get(`/wp-admin/${String(index)}.php`)
        .expect(404);
    const after = await read(server);
    // One counter, and one histogram's lines.
    expect(after.length - before).toBeLessThan(20);
  });

  test('a method that no route has is one series, whatever callers think of', async () => {
    for (const method of ['PROPFIND', 'MKCOL', 'TRACE', 'PURGE'])
      await fetch(`${server.url}/api/v1/auth/me`, { method }).catch(() => undefined);
    for (const method of ['PROPFIND', 'MKCOL', 'PURGE']) await fetch(`${server.url}/${method}`, { method });
    const requests = (await read(server)).filter(({ name }) => name.startsWith('family_assistant_request'));
    const methods = requests.flatMap(({ labels }) => labels['method'] ?? []);
    expect(new Set(methods)).toEqual(new Set(['GET', 'POST', 'OTHER'].filter((each) => methods.includes(each))));
    expect(methods).toContain('OTHER');
  });

  test('tell the version, and how far behind the event loop is', async () => {
    const samples = await read(server);
    expect(samples.find(({ name }) => name === 'family_assistant_build_info')).toEqual({
      name: 'family_assistant_build_info',
      labels: { version: VERSION, node: process.versions.node },
      value: 1,
    });
    expect(samples.map(({ name }) => name)).toContain('family_assistant_nodejs_eventloop_lag_seconds');
  });

  test('count the steps of the memory', async () => {
    const count = async (layer: string, operation: string): Promise<number> =>
      (await read(server)).find(
        ({ name, labels }) =>
          name === 'family_assistant_memory_layer_latency_seconds_count' && same(labels, { layer, operation }),
      )?.value ?? 0;
    const before = await count('postgresql', 'search');
    const search = (query: string) =>
      server
        .http()
        .post('/api/v1/memories/search')
        .set('authorization', family.parent.bearer)
        .send({ query })
        .expect(200);
    await search('tea');
    await search('coffee');
    expect(await count('postgresql', 'search')).toBe(before + 2);
    const created = async (): Promise<number> =>
      (await read(server)).find(
        ({ name, labels }) => name === 'family_assistant_memories_total' && same(labels, { operation: 'created' }),
      )?.value ?? 0;
    const memories = await created();
    await server
      .http()
      .post('/api/v1/memories')
      .set('authorization', family.parent.bearer)
      .send({ content: 'The kettle is blue.' })
      .expect(201);
    expect(await created()).toBe(memories + 1);
  });

  test('measure durations, sign-ins, limits, caches and the pool by the names of the contract', async () => {
    await server
      .http()
      .post('/api/v1/auth/login')
      .send({ email: 'nobody@example.org', password: 'wrong-wrong-wrong' })
      .expect(401);
    const samples = await read(server);
    const names = new Map(samples.map(({ name, labels }) => [name, Object.keys(labels).sort()]));
    expect(names.get('family_assistant_request_duration_seconds_bucket')).toEqual(['endpoint', 'le', 'method']);
    expect(names.get('family_assistant_auth_attempts_total')).toEqual(['method', 'outcome']);
    expect(names.get('family_assistant_cache_requests_total')).toEqual(['cache', 'outcome']);
    expect(names.get('family_assistant_db_pool_connections')).toEqual(['state']);
    expect(names.get('family_assistant_db_pool_waiting')).toEqual([]);
    expect(names.get('family_assistant_active_users')).toEqual([]);
    // Also those that never were: a rate does not see how a series begins.
    const telegram = samples.filter(({ labels }) => labels['method'] === 'telegram');
    expect(telegram.map(({ value, labels }) => [labels['outcome'], value])).toEqual([
      ['success', 0],
      ['failure', 0],
      ['throttled', 0],
    ]);
  });

  test('count what a rate limit refuses', async () => {
    const limited = await startApp({ env: { RATE_LIMIT_MULTIPLIER: '1', ...withoutRedis } });
    try {
      const answers: number[] = [];
      while (answers.at(-1) !== 429 && answers.length < 1000) {
        answers.push(
          (
            await limited
              .http()
              .post('/api/v1/auth/refresh')
              .send({ refresh_token: 'x'.repeat(43) })
          ).status,
        );
      }
      const hits = (await read(limited)).filter(({ name }) => name === 'family_assistant_rate_limit_hits_total');
      expect(hits.length).toBeGreaterThan(10);
      expect(hits.filter(({ value }) => value > 0)).toEqual([
        expect.objectContaining({ value: 1, labels: { policy: 'refresh' } }),
      ]);
    } finally {
      await limited.close();
    }
  });

  test('active users are distinct people', async () => {
    const active = async (): Promise<number> =>
      (await read(server)).find(({ name }) => name === 'family_assistant_active_users')?.value ?? -1;
    const before = await active();
    const { parent } = await newFamily(server);
    for (let again = 0; again < 3; again += 1)
      await server.http().get('/api/v1/auth/me').set('authorization', parent.bearer).expect(200);
    expect(await active()).toBe(before + 1);
  });
});

describe('who may read the metrics', () => {
  const servers: TestApp[] = [];
  const start = async (env: Record<string, string>): Promise<TestApp> => {
    const server = await startApp({ env });
    servers.push(server);
    return server;
  };
  afterAll(async () => {
    for (const server of servers) await server.close();
  });

  test('everybody while only this machine can connect', async () => {
    const { headers } = await (await start({})).http().get('/metrics').expect(200);
    expect(headers['content-type']).toMatch(/^text\/plain/);
  });

  test('nobody on an open address without a token', async () => {
    const { body } = (await (await start({ HOST: '0.0.0.0' })).http().get('/metrics').expect(401)) as {
      body: { code: string };
    };
    expect(body.code).toBe('unauthenticated');
  });

  test('nobody behind a proxy without a token: to the server everybody is on this machine then', async () => {
    await (await start({ TRUSTED_PROXIES: '127.0.0.1' })).http().get('/metrics').expect(401);
  });

  test('whoever has the token', async () => {
    const server = await start({ HOST: '0.0.0.0', METRICS_TOKEN: 'scrape-me-if-you-can' });
    await server.http().get('/metrics').expect(401);
    await server.http().get('/metrics').set('authorization', 'Bearer scrape-me-if-you-must').expect(401);
    await server.http().get('/metrics').set('authorization', 'Bearer scrape-me-if-you-can').expect(200);
  });

  test('whoever reaches the management port, which serves nothing else', async () => {
    const port = await freePort();
    const server = await start({
      HOST: '127.0.0.1',
      MANAGEMENT_PORT: String(port),
      METRICS_TOKEN: 'scrape-me-if-you-can',
    });
    const management = await startManagement(server.app, server.config);
    try {
      const status = async (path: string): Promise<number> =>
        (await fetch(`http://127.0.0.1:${String(port)}${path}`)).status;
      expect(await status('/metrics')).toBe(200);
      expect(await status('/health/ready')).toBe(200);
      expect(await status('/health/live')).toBe(200);
      const pool = await fetch(`http://127.0.0.1:${String(port)}/health/db_pool`);
      expect(await pool.json()).toMatchObject({ status: 'ok', in_use: 0, exhausted_total: 0 });
      expect(await status('/api/v1/auth/me')).toBe(404);
      expect(await status('/docs')).toBe(404);
    } finally {
      management?.close();
    }
  });
});

/** Limits of this server alone: those in Redis are shared with whatever else runs. */
const withoutRedis = { REDIS_URL: '' };

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

const same = (one: Labels, other: Labels): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([name, value]) => other[name] === value);

/** Reads `/metrics` and takes the text apart (Prometheus exposition format 0.0.4). */
async function read(server: TestApp): Promise<Sample[]> {
  const { text } = await server.http().get('/metrics').expect(200);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', inner = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const labels = Object.fromEntries(
        [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text]),
      );
      return { name, labels, value: Number(value) };
    });
}
