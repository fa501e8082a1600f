import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { killServers, moveIn, ServerProcess, serversControl, until, type Answer } from '../support/process.js';

const control = serversControl();

interface Problem {
  readonly code: string;
  readonly retry_after?: number;
}

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(240_000);

/** The parts that the server stands on, taken away while it runs; it is never started again here. */
describe('a part is away', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(async () => {
    await killServers();
    await database.drop();
  });

  /** Waits for an answer of `/health/ready` and gives the state it tells. */
  const untilState = (server: ServerProcess, wanted: string): Promise<true> =>
    until(
      `the server is ${wanted}`,
      async () => ((await (await server.fetch('/health')).json()) as { status: string }).status === wanted,
    );

  test('Redis takes connections and never answers: nothing hangs, nothing opens', async () => {
    const hole = await Proxy.listen();
    try {
      const redis = { REDIS_URL: `redis://127.0.0.1:${String(hole.port)}/0` };
      const server = await ServerProcess.start({ ...database.env, ...redis, RATE_LIMIT_MULTIPLIER: '1' });
      await untilState(server, 'degraded');
      expect((await server.fetch('/health/ready')).status).toBe(200);
      await moveIn(server);
      await expectLimits(server);
    } finally {
      await hole.close();
    }
  });

  if (control) {
    test('PostgreSQL stops and starts again: 503 meanwhile, then all is well', async () => {
      const server = await ServerProcess.start({ ...database.env, DATABASE_CONNECT_TIMEOUT: '1000' });
      const { token, email, password, refreshToken } = await moveIn(server);
      const { pid } = server;

      await control('pg-stop');
      try {
        await untilState(server, 'error');
        expect((await server.fetch('/health/ready')).status).toBe(503);
        expect((await server.fetch('/health/live')).status).toBe(200);
        const refused = await Promise.all([
          server.call('GET', '/family/members', { token }),
          server.call('GET', '/auth/me', { token }),
          server.call('POST', '/family/members', { token, body: { first_name: 'Noa', role: 'child' } }),
          server.call('POST', '/auth/login', { body: { email, password } }),
          server.call('POST', '/auth/refresh', { body: { refresh_token: refreshToken } }),
        ]);
        for (const { status, body } of refused as Answer<Problem>[]) {
          expect([status, body]).toEqual([
            503,
            expect.objectContaining({ code: 'database_unavailable', retry_after: expect.any(Number) }),
          ]);
        }
        expect(
          (await server.fetch('/api/v1/family/members', { headers: { authorization: `Bearer ${token}` } })).headers.get(
            'content-type',
          ),
        ).toMatch(/^application\/problem\+json/);
      } finally {
        await control('pg-start');
      }

      await untilState(server, 'ok');
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => server.call('GET', '/family/members', { token })),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect((await server.call('POST', '/auth/refresh', { body: { refresh_token: refreshToken } })).status).toBe(200);
      expect([server.hasEnded, server.pid]).toEqual([false, pid]);
    });

    test('PostgreSQL is there and silent, as behind a broken network: requests end with 503, none hangs', async () => {
      const network = await Proxy.listen(new URL(database.env['DATABASE_URL'] ?? ''));
      try {
        const through = (url: string | undefined): string =>
          Object.assign(new URL(url ?? ''), { port: String(network.port) }).href;
        const server = await ServerProcess.start({
          ...database.env,
          DATABASE_URL: through(database.env['DATABASE_URL']),
          DATABASE_OWNER_URL: through(database.env['DATABASE_OWNER_URL']),
          DATABASE_CONNECT_TIMEOUT: '500',
          DATABASE_STATEMENT_TIMEOUT: '500',
        });
        const { token } = await moveIn(server);

        network.freeze();
        const refused = await Promise.all(
          ['/family/members', '/auth/me', '/family'].map((path) => server.call('GET', path, { token })),
        );
        for (const { status, body } of refused as Answer<Problem>[])
          expect([status, body.code]).toEqual([503, 'database_unavailable']);
        expect((await server.fetch('/health/ready')).status).toBe(503);
        expect((await server.fetch('/health/live')).status).toBe(200);

        network.thaw();
        await untilState(server, 'ok');
        expect((await server.call('GET', '/family/members', { token })).status).toBe(200);
      } finally {
        await network.close();
      }
    });

    test('answers that come too late: what was given up is not finished by the next request', async () => {
      const network = await Proxy.listen(new URL(database.env['DATABASE_URL'] ?? ''));
      try {
        const server = await ServerProcess.start({
          ...database.env,
          DATABASE_URL: Object.assign(new URL(database.env['DATABASE_URL'] ?? ''), { port: String(network.port) }).href,
          DATABASE_POOL_SIZE: '2',
          DATABASE_STATEMENT_TIMEOUT: '500',
        });
        const { token } = await moveIn(server);

        network.holdAnswersAfter('UPDATE "users"');
        const refused = await server.call('PATCH', '/users/me', { token, body: { first_name: 'Ghost' } });
        expect(refused).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
        network.releaseAnswers();

        // Both connections are used, again and again: none of these may commit what was given up.
        for (let round = 0; round < 5; round += 1) {
          const seen = await Promise.all([1, 2].map(() => server.call('GET', '/users/me', { token })));
          for (const answer of seen) expect(answer).toMatchObject({ status: 200, body: { first_name: 'Ada' } });
        }
      } finally {
        await network.close();
      }
    });

    test('Redis stops and starts again: degraded meanwhile, limits and revocation hold', async () => {
      const server = await ServerProcess.start({ ...database.env, RATE_LIMIT_MULTIPLIER: '1' });
      const { token } = await moveIn(server);
      await untilState(server, 'ok');

      await control('redis-stop');
      try {
        await untilState(server, 'degraded');
        expect((await server.fetch('/health/ready')).status).toBe(200);
        expect((await server.call('GET', '/family/members', { token })).status).toBe(200);
        await expectLimits(server);
        expect((await server.call('POST', '/auth/logout', { token })).status).toBe(204);
        expect((await server.call('GET', '/family/members', { token })).status).toBe(401);
      } finally {
        await control('redis-start');
      }
      await untilState(server, 'ok');
      expect(server.hasEnded).toBe(false);
    });
  }
});

/** Guessing passwords ends with 429, however the counting is done. */
async function expectLimits(server: ServerProcess): Promise<void> {
  const guess = { email: 'ada@example.org', password: 'wrong-wrong-wrong' };
  const statuses: number[] = [];
  while (statuses.at(-1) !== 429 && statuses.length < 100)
    statuses.push((await server.call('POST', '/auth/login', { body: guess })).status);
  expect(statuses.at(-1)).toBe(429);
  expect(new Set(statuses.slice(0, -1))).toEqual(new Set([401]));
}

/** A wire that can be cut without either end noticing; without a target it leads nowhere. */
class Proxy {
  private readonly sockets = new Set<Socket>();
  private readonly held = new Set<Socket>();
  private isFrozen = false;
  private trigger: string | undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: URL | undefined,
  ) {}

  static async listen(target?: URL): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server, target);
    server.on('connection', (socket) => {
      proxy.carry(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on nothing arrives, in either direction, and no connection ends. */
  freeze(): void {
    this.isFrozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** The next connection whose client sends this text hears nothing any more; what it says still arrives. */
  holdAnswersAfter(text: string): void {
    this.trigger = text;
  }

  /** The answers held back arrive. */
  releaseAnswers(): void {
    for (const socket of this.held) socket.resume();
    this.held.clear();
  }

  /** What was on its way arrives. */
  thaw(): void {
    this.isFrozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private carry(client: Socket): void {
    this.keep(client);
    if (!this.target) return;
    const { hostname, port } = this.target;
    const upstream = connect({ host: hostname, port: Number(port) });
    client.on('data', (chunk) => {
      if (this.trigger === undefined || !chunk.includes(this.trigger)) return;
      this.trigger = undefined;
      this.held.add(upstream.pause());
    });
    this.keep(upstream);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('close', () => to.destroy());
      if (this.isFrozen) from.pause();
    }
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }
}
