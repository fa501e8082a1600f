/**
 * Whether the time of an answer tells that an account exists. `npm run bench:timing`
 *
 * BENCH_SAMPLES (1000) requests each about known and unknown accounts, mixed at random, one at a time over one connection:
 * signing in with a wrong password, forgetting it, registering without an invitation. AUC is the probability that a request
 * about a known account takes longer than one about an unknown one (Mann and Whitney): 0.5 tells nothing. Beside it stands
 * the same for two halves of the unknown accounts, which differ in nothing: what chance makes of it.
 */
import { areaUnderCurve } from '../test/support/auc.js';
import { newFolder, printTable, runBenchmark, startFamilyAssistant } from './support.js';

const SAMPLES = Number(process.env['BENCH_SAMPLES'] ?? 1000);
/** Accounts; each is tried less often than the first failure that has to wait. */
const ACCOUNTS = Math.ceil(SAMPLES / 10);
const WARM_UP = 30;
const GOAL = 0.05;
const PASSWORD = 'violet-harbour-93-teapots';

type Known = 'known' | 'unknown';

const emailOf = (known: Known, number: number): string => `person-${String(number)}@${known}.example.org`;

/** An address of TEST-NET-2 and more: everybody is somebody else, so that nobody has to wait. */
const address = (number: number): string => `198.51.${String((number >> 8) % 256)}.${String(number % 256)}`;

const REQUESTS: Readonly<Record<string, { path: string; status: number; body: (email: string) => object }>> = {
  'sign in': { path: '/auth/login', status: 401, body: (email) => ({ email, password: 'not-the-password-of-it' }) },
  'forgot password': { path: '/auth/password/forgot', status: 202, body: (email) => ({ email }) },
  'register, not invited': {
    path: '/auth/register',
    status: 403,
    body: (email) => ({ email, password: PASSWORD, first_name: 'Ada' }),
  },
};

const quantile = (values: readonly number[], share: number): string =>
  `${(values.toSorted((one, other) => one - other)[Math.floor(share * values.length)] ?? NaN).toFixed(2)} ms`;

/** As often the one as the other, in an order that nobody knows. */
const shuffled = <T>(values: readonly T[]): T[] =>
  values
    .map((value) => [Math.random(), value] as const)
    .sort(([one], [other]) => one - other)
    .map(([, value]) => value);

await runBenchmark(1800, async (defer) => {
  const folder = await newFolder(defer);
  const settings = { NODE_ENV: 'development', RATE_LIMIT_MULTIPLIER: '1000000' };
  let server = await startFamilyAssistant(folder, { ...settings, REGISTRATION: 'open' });
  let asked = 0;
  const post = async (path: string, body: object): Promise<{ status: number; took: number; text: string }> => {
    asked += 1;
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address(asked) };
    const started = performance.now();
    const answer = await fetch(`${server.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, took: performance.now() - started, text };
  };
  for (let number = 0; number < ACCOUNTS; number += 1) {
    const account = { email: emailOf('known', number), password: PASSWORD, first_name: 'Ada' };
    const { status, text } = await post('/auth/register', account);
    if (status !== 201) throw new Error(`registering was answered with ${String(status)}: ${text}`);
  }
  await server.stop();
  server = await startFamilyAssistant(folder, { ...settings, REGISTRATION: 'invite', TRUSTED_PROXIES: '127.0.0.1' });
  const rows = [['', 'known p50', 'p95', 'unknown p50', 'p95', 'AUC', 'of chance', '']];
  for (const [name, { path, status: expected, body }] of Object.entries(REQUESTS)) {
    const times: Record<Known, number[]> = { known: [], unknown: [] };
    const answers = new Set<string>();
    const order = shuffled([...Array<Known>(SAMPLES).fill('known'), ...Array<Known>(SAMPLES).fill('unknown')]);
    for (const [at, known] of [...order.slice(0, WARM_UP), ...order].entries()) {
      const { status, took, text } = await post(path, body(emailOf(known, Math.floor(Math.random() * ACCOUNTS))));
      if (status !== expected) throw new Error(`${name} was answered with ${String(status)}: ${text}`);
      answers.add(text.replaceAll(/"request_id":"[^"]*"/g, ''));
      if (at >= WARM_UP) times[known].push(took);
    }
    if (answers.size !== 1) throw new Error(`${name} has ${String(answers.size)} answers, which tell accounts apart`);
    const area = areaUnderCurve(times.known, times.unknown);
    const [even, odd] = [0, 1].map((rest) => times.unknown.filter((_, at) => at % 2 === rest));
    const chance = areaUnderCurve(even ?? [], odd ?? []);
    rows.push([
      name,
      ...(['known', 'unknown'] as const).flatMap((known) => [0.5, 0.95].map((share) => quantile(times[known], share))),
      area.toFixed(3),
      chance.toFixed(3),
      Math.abs(area - 0.5) <= GOAL ? 'met' : 'MISSED',
    ]);
  }
  process.stdout.write(`${String(SAMPLES)} requests each, goal: AUC within 0.50 +- ${String(GOAL)}\n\n`);
  printTable(rows);
  await server.stop();
});
