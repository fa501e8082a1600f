import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { accepts, killServers, moveIn, ServerProcess, until, type Answer } from '../support/process.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000);

/** The start and the end of the real process: what a supervisor and a load balancer see. */
describe('the process', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(async () => {
    await killServers();
    await database.drop();
  });

  test('SIGTERM: not ready first, then the port closes, and a request under way is finished', async () => {
    const server = await ServerProcess.start({ ...database.env, SHUTDOWN_DELAY: '1' });
    const { email, password } = await moveIn(server);
    const slow = await SlowRequest.begin(server.url, '/api/v1/auth/login', { email, password }, 'slow-request-0001');

    server.signal('SIGTERM');
    const body = await until('the server is not ready', async () => {
      const answer = await server.fetch('/health/ready');
      return answer.status === 503 && ((await answer.json()) as { status: string });
    });
    expect(body.status).toBe('shutting_down');
    expect((await server.fetch('/health/live')).status).toBe(200);
    await until('the port is closed', async () => !(await accepts(server.url)));
    expect(server.hasEnded).toBe(false); // it waits for the slow one

    const answer = await slow.finish();
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"access_token"');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(requestLines(server, 'slow-request-0001')).toEqual([
      expect.objectContaining({
        method: 'POST',
        route: '/api/v1/auth/login',
        status: 200,
        duration_ms: expect.any(Number),
      }),
    ]);
  });

  test('a client that keeps its connection is told to take another one before the server closes it', async () => {
    const server = await ServerProcess.start({ ...database.env, SHUTDOWN_DELAY: '120' });
    const { email, password } = await moveIn(server);
    const client = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await ask(server.url, client)).toEqual({ connection: 'keep-alive', wasUsedBefore: false });
    expect(await ask(server.url, client)).toEqual({ connection: 'keep-alive', wasUsedBefore: true });
    const slow = await SlowRequest.begin(server.url, '/api/v1/auth/login', { email, password }, 'slow-request-0004');

    server.signal('SIGTERM');
    await until('the server is not ready', async () => (await server.fetch('/health/ready')).status === 503);
    expect(await ask(server.url, client)).toEqual({ connection: 'close', wasUsedBefore: true });
    expect(await ask(server.url, client)).toEqual({ connection: 'close', wasUsedBefore: false });
    expect(await slow.finish()).toMatch(/^HTTP\/1\.1 200 /);
    client.destroy();
  });

  test('a request leaves one line of JSON with its id, route, status and duration', async () => {
    const server = await ServerProcess.start(database.env);
    await server.fetch('/api/v1/family/members?limit=5', { headers: { 'x-request-id': 'refused-request-1' } });
    await server.stop();

    expect(requestLines(server, 'refused-request-1')).toEqual([
      expect.objectContaining({
        level: 'info',
        service: 'family-assistant',
        method: 'GET',
        route: '/api/v1/family/members',
        status: 401,
        duration_ms: expect.any(Number),
      }),
    ]);
  });

  test('a SIGINT again, a second later or more, ends it at once, also after a SIGTERM', async () => {
    const server = await ServerProcess.start({ ...database.env, SHUTDOWN_DELAY: '120' });
    server.signal('SIGTERM');
    await until('it has ended', () => {
      if (!server.hasEnded) server.signal('SIGINT');
      return server.hasEnded;
    });
    expect(await server.ended).toEqual({ code: 1, signal: null });
  });

  test('a SIGTERM again cuts no request, however much later it comes', async () => {
    const server = await ServerProcess.start({ ...database.env, SHUTDOWN_TIMEOUT: '60' });
    const { email, password } = await moveIn(server);
    const slow = await SlowRequest.begin(server.url, '/api/v1/auth/login', { email, password }, 'slow-request-0002');
    server.signal('SIGTERM');
    server.signal('SIGINT');
    await until('the port is closed', async () => !(await accepts(server.url)));
    const stopped = Date.now();
    await until('seconds have gone', () => {
      server.signal('SIGTERM');
      return Date.now() - stopped > 2500;
    });
    expect(await slow.finish()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  test('a SIGTERM to the whole group of `make run`, which passes it on once more, cuts no request', async () => {
    const make = ServerProcess.make({ ...database.env, SHUTDOWN_TIMEOUT: '60' });
    await make.becomesReady();
    const { email, password } = await moveIn(make);
    const slow = await SlowRequest.begin(make.url, '/api/v1/auth/login', { email, password }, 'slow-request-0003');
    process.kill(-make.pid, 'SIGTERM');
    await until('the port is closed', async () => !(await accepts(make.url)));
    process.kill(-make.pid, 'SIGTERM');
    expect(await slow.finish()).toMatch(/^HTTP\/1\.1 200 /);
    await make.ended;
    expect(make.lines().at(-1)).toMatchObject({ msg: 'stopped' });
  });

  test('an address that is not of this machine is said by the name of its variable', async () => {
    const server = ServerProcess.launch({ ...database.env, ...SAFE, HOST: '192.0.2.1' });
    expect((await server.ended).code).toBe(1);
    expect(server.stderr).toMatch(/\bHOST\b/);
    expect(server.stderr + server.stdout).not.toMatch(STACK);
  });

  test('a request that never ends does not hold the process for ever', async () => {
    const server = await ServerProcess.start({ ...database.env, SHUTDOWN_TIMEOUT: '1' });
    await SlowRequest.begin(
      server.url,
      '/api/v1/auth/login',
      { email: 'a@example.org', password: 'x' },
      'endless-request-1',
    );
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 1, signal: null });
  });

  test('after a restart accounts, sessions and members are there', async () => {
    const first = await ServerProcess.start(database.env);
    const { token, refreshToken } = await moveIn(first);
    const noa = { first_name: 'Noa', role: 'child' };
    const added = (await first.call('POST', '/family/members', { token, body: noa })) as Answer<{ id: string }>;
    expect(await first.stop()).toEqual({ code: 0, signal: null });

    const second = await ServerProcess.start(database.env);
    const members = (await second.call('GET', '/family/members', { token })) as Answer<{ data: { id: string }[] }>;
    expect(members.status).toBe(200);
    expect(members.body.data.map(({ id }) => id)).toContain(added.body.id);
    const renewal = { refresh_token: refreshToken };
    const refreshed = (await second.call('POST', '/auth/refresh', { body: renewal })) as Answer<{
      access_token: string;
    }>;
    expect(refreshed.status).toBe(200);
    expect((await second.call('GET', '/auth/me', { token: refreshed.body.access_token })).status).toBe(200);
  });

  test('a port in use is said by the name of its variable', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const server = ServerProcess.launch({ ...database.env, PORT: String((other.address() as AddressInfo).port) });
    const { code } = await server.ended;
    other.close();
    expect(code).toBe(1);
    expect(server.stderr).toMatch(/\bPORT\b/);
    expect(server.stderr).not.toMatch(STACK);
  });

  test('so is that of the metrics', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const taken = String((other.address() as AddressInfo).port);
    const server = ServerProcess.launch({ ...database.env, PORT: '0', MANAGEMENT_PORT: taken });
    const { code } = await server.ended;
    other.close();
    expect(code).toBe(1);
    expect(server.stderr).toContain(taken);
    expect(server.stderr).toMatch(/\bMANAGEMENT_PORT\b/);
  });
});

describe('a start that cannot succeed', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'family-assistant-'));
  });
  afterEach(async () => {
    await killServers();
    await rm(folder, { recursive: true, force: true });
  });

  test('a second process on the folder of the embedded database is refused, the first one lives on', async () => {
    const first = await ServerProcess.start({ DATA_DIR: folder });
    const second = ServerProcess.launch({ DATA_DIR: folder });
    expect((await second.ended).code).toBe(1);
    expect(second.stderr).toMatch(/\bDATA_DIR\b/);
    expect(second.stderr).not.toMatch(STACK);
    expect((await first.fetch('/health/ready')).status).toBe(200);
  });

  test('every faulty variable is named at once, and no value is told', async () => {
    const faulty = {
      PORT: '65536',
      LOG_LEVEL: 'deafening',
      SHUTDOWN_DELAY: 'soon',
      DATABASE_URL: 'mysql://root:hunter2-in-the-url@127.0.0.1/family',
      JWT_SECRET_KEY: 'hunter2-too-short',
      CORS_ORIGINS: '*',
      REGISTRATION: 'sometimes',
      TRUSTED_PROXIES: '10.0.0.0/8,999.1.1.1/99',
    };
    const server = ServerProcess.launch({ DATA_DIR: folder, ...faulty });
    expect((await server.ended).code).toBe(1);
    for (const name of Object.keys(faulty)) expect(server.stderr).toMatch(new RegExp(`\\b${name}\\b`));
    expect(server.stdout + server.stderr).not.toContain('hunter2');
    expect(server.stderr).not.toMatch(STACK);
  });

  test('a database that is not there is said without its password', async () => {
    const server = ServerProcess.launch({
      DATA_DIR: folder,
      DATABASE_URL: 'postgresql://family:hunter2-in-the-url@127.0.0.1:1/family',
      DATABASE_START_TIMEOUT: '0',
      JWT_SECRET_KEY: 'kq3Vx0b9s6TgYw2mNp8RzL4cJf7HdAuE1oXiQ5vKt-M',
    });
    expect((await server.ended).code).toBe(1);
    expect(server.stderr).not.toBe('');
    expect(server.stdout + server.stderr).not.toContain('hunter2');
    expect(server.stderr).not.toMatch(STACK);
  });
});

/** What a server that others can reach must be given. */
const SAFE = { JWT_SECRET_KEY: 'kq3Vx0b9s6TgYw2mNp8RzL4cJf7HdAuE1oXiQ5vKt-M' };

const STACK = /^\s+at /m;

/** One request of a client, and what the server says of the connection. */
const ask = (url: string, agent: Agent): Promise<{ connection: string | undefined; wasUsedBefore: boolean }> =>
  new Promise((resolve, reject) => {
    const request = get(`${url}/health/live`, { agent }, (answer) => {
      answer.resume().once('end', () => {
        // The next request of this client comes after its agent has taken the connection back, or given it up.
        setImmediate(() => {
          resolve({ connection: answer.headers.connection, wasUsedBefore: request.reusedSocket });
        });
      });
    });
    request.once('error', reject);
  });

const requestLines = (server: ServerProcess, requestId: string): object[] =>
  server.lines().filter((line) => line['request_id'] === requestId && line['msg'] === 'request');

/** A request whose body is held back until the test lets it go: under way for exactly as long as is wanted. */
class SlowRequest {
  private answer = '';
  private readonly closed: Promise<void>;

  private constructor(
    private readonly socket: Socket,
    private readonly rest: string,
  ) {
    socket.setEncoding('utf8').on('data', (text: string) => (this.answer += text));
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
      });
      socket.on('error', () => undefined); // the process may end under it
    });
  }

  /** Sends all but the last byte and waits until the server has taken it. */
  static async begin(url: string, path: string, body: object, requestId: string): Promise<SlowRequest> {
    const { hostname, port } = new URL(url);
    const text = JSON.stringify(body);
    const socket = connect({ host: hostname, port: Number(port) });
    const head = [
      `POST ${path} HTTP/1.1`,
      `host: ${hostname}`,
      'content-type: application/json',
      `content-length: ${String(Buffer.byteLength(text))}`,
      `x-request-id: ${requestId}`,
      'expect: 100-continue',
      'connection: close',
    ];
    const taken = new Promise((resolve) => socket.once('data', resolve));
    const slow = new SlowRequest(socket, text.slice(-1));
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    await taken; // "100 Continue": the server has the request
    slow.answer = '';
    socket.write(text.slice(0, -1));
    return slow;
  }

  /** Sends the last byte and waits for the whole answer. */
  async finish(): Promise<string> {
    this.socket.write(this.rest);
    await this.closed;
    return this.answer;
  }
}
