import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { measured } from '../support/measure.js';
import { killServers, moveIn, ServerProcess } from '../support/process.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000);

const METRICS_TOKEN = 'planted-metrics-token-4Vw8rTz1';
/** What people say, which is in the database and must be nowhere else. */
const CONTENT = 'Leo hides the key under the geranium Xq7';
const QUESTION = 'where is the geranium key Xq8';
const WRONG = 'planted-wrong-password-Jd93';

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

/** The secret as it is, and as its bytes are written. */
const spellings = (secret: string): string[] => [secret, Buffer.from(secret).toString('hex')];

describe('planted secrets', () => {
  let database: TestDatabase;
  const collector = new Collector();

  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(async () => {
    await killServers();
    await collector.close();
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
    expect(places.metrics).toContain('family_assistant_requests_total');
    expect(places.database).toContain(email);
  });
});
