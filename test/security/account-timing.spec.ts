import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { areaUnderCurve } from '../support/auc.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFirstAdmin } from '../support/factories.js';
import { measured } from '../support/measure.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const SAMPLES = 100;
const PASSWORD = 'violet-harbour-93-teapots';

let server: TestApp;
let known: string;
let asked = 0;
const asking = new AsyncLocalStorage<string[]>();

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'invite', TRUSTED_PROXIES: '127.0.0.1' } });
  known = (await newFirstAdmin(server)).email;
  const dataSource = server.app.get(DataSource);
  dataSource.logger = Object.assign(Object.create(dataSource.logger) as typeof dataSource.logger, {
    logQuery: (query: string) => asking.getStore()?.push(query),
  });
});
afterAll(() => server.close());

type Request = (email: string) => readonly [path: string, status: number, body: object];

const REQUESTS: readonly (readonly [string, Request])[] = [
  ['signing in', (email) => ['/auth/login', 401, { email, password: 'not-the-password-of-it' }]],
  ['a forgotten password', (email) => ['/auth/password/forgot', 202, { email }]],
  [
    'registering without an invitation',
    (email) => ['/auth/register', 403, { email, password: PASSWORD, first_name: 'A' }],
  ],
];

/** So many of either kind, for a request may leave work behind that meets a later one. */
function inNoOrder(each: number): ('known' | 'unknown')[] {
  const all = Array.from({ length: 2 * each }, (_, index) =>
    index < each ? ('known' as const) : ('unknown' as const),
  );
  return all
    .map((who) => ({ who, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ who }) => who);
}

/**
 * Everybody is somebody else, so that nobody has to wait.
 * @returns milliseconds; and all that the answer tells, but for what is new with every request
 */
async function send(request: Request, email: string): Promise<{ time: number; answer: string }> {
  const [url, status, payload] = request(email);
  asked += 1;
  const headers = { 'x-forwarded-for': `198.51.${String(asked >> 8)}.${String(asked % 256)}` };
  const started = performance.now();
  const answer = await server.app.inject({ method: 'POST', url: `/api/v1${url}`, headers, payload });
  const time = performance.now() - started;
  expect(answer.statusCode).toBe(status);
  const others = { ...answer.headers, date: undefined, 'x-request-id': undefined };
  const body = { ...answer.json<Record<string, unknown>>(), request_id: undefined };
  return { time, answer: JSON.stringify([others, body]) };
}

/** What a request asks of the database until it is answered, and nothing that is done besides. */
async function statements(request: Request, email: string): Promise<string[]> {
  const list: string[] = [];
  await asking.run(list, () => send(request, email));
  return [...list];
}

describe.each(REQUESTS)('%s', (name, request) => {
  it('asks the same of the database whether there is an account or not', async () => {
    const mine = await statements(request, known);
    expect(mine).toEqual(await statements(request, 'nobody@example.org'));
    expect(mine.length).toBeGreaterThan(0);
  });

  // Shown, not judged: `npm run bench:timing` asks a thousand times on a quiet machine.
  it('answers the same every time; how well its time tells accounts from others is printed', async () => {
    const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
    const answers = { known: new Set<string>(), unknown: new Set<string>() };
    for (const who of inNoOrder(SAMPLES)) {
      const { time, answer } = await send(request, who === 'known' ? known : 'nobody@example.org');
      times[who].push(time);
      answers[who].add(answer);
    }
    expect([times.known.length, times.unknown.length]).toEqual([SAMPLES, SAMPLES]);
    expect(answers.known.size).toBe(1);
    expect(answers.known).toEqual(answers.unknown);
    const area = areaUnderCurve(times.known, times.unknown);
    measured(`time of ${name}`, { requests: 2 * SAMPLES, 'AUC of known against unknown accounts': area.toFixed(3) });
  });
});
