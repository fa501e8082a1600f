import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { SessionsService, type Device } from '../../src/modules/auth/sessions.service.js';
import { TransactionRunner } from '../../src/platform/database/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asIdentity, newFirstAdmin, type SignedIn } from '../support/factories.js';
import { measured } from '../support/measure.js';
import { orders, RefreshModel, type Outcome } from './refresh-model.js';

// A bound for hangs: all schedules of `make test-security-long` take minutes.
jest.setTimeout(3_600_000);

const SCHEDULES = Number(process.env['REFRESH_SCHEDULES'] ?? 250);
/** A failing run prints its seed; `FUZZ_SEED` repeats it. */
const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
const GRACE = 20;
const DEVICE: Device = { address: '127.0.0.1', name: null };

/** Who holds a refresh token: two tabs of a browser, and whoever got hold of one. */
const HOLDERS = ['tab', 'other tab', 'thief'] as const;
type Holder = (typeof HOLDERS)[number];

type Step =
  | { readonly does: 'refresh' | 'lose the answer'; readonly who: Holder }
  | { readonly does: 'copy'; readonly from: Holder; readonly to: Holder }
  | { readonly does: 'wait'; readonly seconds: number }
  | { readonly does: 'all at once'; readonly who: readonly Holder[] };

const holder = fc.constantFrom(...HOLDERS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('refresh' as const), who: holder }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('lose the answer' as const), who: holder }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('copy' as const), from: holder, to: holder }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('wait' as const), seconds: fc.constantFrom(1, 15, 19, 21, 60) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('all at once' as const),
      who: fc.array(holder, { minLength: 2, maxLength: 4 }),
    }),
  },
); // prettier-ignore

let server: TestApp;
let sessions: SessionsService;
let person: SignedIn;
const counts = { given: 0, refused: 0 };

beforeAll(async () => {
  server = await startApp({ env: { REFRESH_GRACE: String(GRACE) } });
  sessions = server.app.get(SessionsService);
  person = await newFirstAdmin(server);
  // Only the clock that the service reads: waiting is a step of a schedule.
  const doNotFake = ['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const;
  const timers = ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const;
  jest.useFakeTimers({ doNotFake: [...doNotFake, ...timers], now: Date.now() });
});
afterAll(async () => {
  jest.useRealTimers();
  await server.close();
});

const begin = (): Promise<string> =>
  server.app.get(TransactionRunner).runAsIdentity(async (tx) => {
    const user = { id: person.userId, epoch: 0 };
    return (await sessions.begin(tx, user, DEVICE, { rememberMe: false, delivery: 'body' })).refreshToken;
  });

/** The successor, or the code of the refusal. */
async function refresh(token: string): Promise<Outcome> {
  try {
    return { successor: (await sessions.refresh(token, 'body', DEVICE)).refreshToken };
  } catch (error) {
    return { refusal: (error as { code?: string }).code ?? String(error) };
  }
}

/** Runs a schedule on a session of its own and holds every outcome against the model. */
async function run(schedule: readonly Step[]): Promise<void> {
  const first = await begin();
  const held = new Map<Holder, string>(HOLDERS.map((who) => [who, first]));
  let model = new RefreshModel([first], GRACE);
  const now = (): number => Date.now() / 1000;
  for (const one of schedule) {
    if (one.does === 'wait') {
      jest.setSystemTime(Date.now() + one.seconds * 1000);
      continue;
    }
    if (one.does === 'copy') {
      held.set(one.to, held.get(one.from) ?? first);
      continue;
    }
    const who = one.does === 'all at once' ? one.who : [one.who];
    const presented = who.map((name) => held.get(name) ?? first);
    const outcomes = await Promise.all(presented.map(refresh));
    const possible = orders(presented.length).map((order) => model.replay(order, presented, outcomes, now()));
    const fitting = possible.find(({ fault }) => fault === undefined);
    if (!fitting) throw new Error(`${possible[0]?.fault ?? ''}: ${JSON.stringify({ one, outcomes })}`);
    model = fitting.model;
    for (const { successor } of outcomes) counts[successor === undefined ? 'refused' : 'given'] += 1;
    if (one.does === 'lose the answer') continue;
    for (const [at, name] of who.entries()) held.set(name, outcomes[at]?.successor ?? held.get(name) ?? first);
  }
}

describe('refresh tokens', () => {
  it(`${String(SCHEDULES)} random schedules bring no fork and no false logout (seed ${String(SEED)})`, async () => {
    const started = performance.now();
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), run), {
      seed: SEED,
      numRuns: SCHEDULES,
    });
    // In the database as well: no session has two tokens that are good, and none has two successors.
    const [forks] = await asIdentity<{ live: number; twice: number }>(
      server,
      `SELECT (SELECT count(*)::int FROM (SELECT FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
           WHERE t.replaced_at IS NULL GROUP BY s.id HAVING count(*) <> 1) AS live) AS live,
         (SELECT count(*)::int FROM (SELECT FROM refresh_tokens WHERE successor_id IS NOT NULL
           GROUP BY successor_id HAVING count(*) > 1) AS twice) AS twice`,
      [],
    );
    measured('refresh schedules', {
      schedules: SCHEDULES,
      seed: SEED,
      refreshes: counts.given + counts.refused,
      refused: counts.refused,
      forks: (forks?.live ?? -1) + (forks?.twice ?? -1),
      'false logouts within the grace': 0,
      seconds: Math.round((performance.now() - started) / 1000),
    });
    expect(forks).toEqual({ live: 0, twice: 0 });
    // Both happened often: what is good went on, and what was used twice ended.
    expect(counts.given).toBeGreaterThan(SCHEDULES);
    expect(counts.refused).toBeGreaterThan(SCHEDULES / 4);
  });
});
