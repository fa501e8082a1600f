/**
 * What a cached answer costs, and what keeping answers costs those that are computed. `npm run bench:memory-cache`
 *
 * One family, one caller, so that latencies are those of the work and not of a queue. A miss is a search for words that
 * nobody has searched for; a hit is one that was asked before. Needs PostgreSQL (see `scratch-database.ts`).
 */
import { givenServer, newScratchDatabase } from './scratch-database.js';
import { newFolder, printTable, runBenchmark, startFamilyAssistant } from './support.js';

const SIZES = [1000, 10_000];
const BATCH = 500;
const ROUNDS = 200;
const ACCOUNT = { email: 'parent@example.org', password: 'violet-harbour-93-teapots' };
const WORDS = [
  'garden',
  'piano',
  'school',
  'soup',
  'train',
  'letter',
  'winter',
  'bicycle',
  'doctor',
  'market',
  'river',
];

const word = (number: number): string => WORDS[number % WORDS.length] ?? '';
const sentence = (number: number): string =>
  `Note ${String(number)}: the ${word(number)} and the ${word(number * 7 + 3)} were near the ${word(number * 5 + 1)}`;

async function call(url: string, method: string, token?: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${url} answered ${String(response.status)}: ${await response.text()}`);
  return response.json();
}

/** Milliseconds of each call, sorted. */
async function times(work: (round: number) => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    await work(round);
    all.push(performance.now() - started);
  }
  return all.sort((one, other) => one - other);
}

const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(1);

await runBenchmark(900, async (defer) => {
  const given = givenServer();
  if (!given) throw new Error('Nothing was measured.');
  const folder = await newFolder(defer);
  const database = await newScratchDatabase(given, defer);
  const redis = process.env['TEST_REDIS_URL'];
  const variables = { ...database.variables, RATE_LIMIT_MULTIPLIER: '1000000', ...(redis ? { REDIS_URL: redis } : {}) };
  const server = await startFamilyAssistant(folder, variables);
  const api = `${server.url}/api/v1`;
  await call(`${api}/auth/register`, 'POST', undefined, { ...ACCOUNT, first_name: 'María' });
  const { access_token: token } = (await call(`${api}/auth/login`, 'POST', undefined, ACCOUNT)) as {
    access_token: string;
  };
  const me = (await call(`${api}/auth/me`, 'GET', token)) as { id: string };
  const search = (query: string): Promise<unknown> => call(`${api}/memories/search`, 'POST', token, { query });
  const profile = (): Promise<unknown> => call(`${api}/users/${me.id}/profile`, 'GET', token);
  const remember = (content: string): Promise<unknown> => call(`${api}/memories`, 'POST', token, { content });
  const rows: string[][] = [];
  let kept = 0;
  for (const size of SIZES) {
    for (; kept < size; kept += BATCH) {
      const memories = Array.from({ length: BATCH }, (_, index) => ({ content: sentence(kept + index) }));
      await call(`${api}/memories/batch`, 'POST', token, { memories });
    }
    await database.asOwner('ANALYZE');
    for (let warm = 0; warm < 30; warm += 1) await search(`warm ${word(warm)} ${String(warm)}`);
    const misses = await times((round) => search(`${word(round)} near ${word(round + 3)} number ${String(round)}`));
    await search('garden near the school');
    const hits = await times(() => search('garden near the school'));
    const reads = await times(async () => profile());
    rows.push([
      String(size),
      at(misses, 0.5),
      at(misses, 0.95),
      at(hits, 0.5),
      at(hits, 0.95),
      at(reads, 0.5),
      at(reads, 0.95),
    ]);
  }
  const profiles = [];
  for (let round = 0; round < 50; round += 1) {
    await remember(`One more note, ${String(round)}`);
    const started = performance.now();
    await profile();
    profiles.push(performance.now() - started);
  }
  profiles.sort((one, other) => one - other);
  printTable([['memories', 'search miss p50', 'p95', 'search hit p50', 'p95', 'profile hit p50', 'p95'], ...rows]);
  process.stdout.write(`profile miss: p50 ${at(profiles, 0.5)} ms, p95 ${at(profiles, 0.95)} ms\n`);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  for (const [, layer, operation] of metrics.matchAll(/latency_seconds_count\{layer="(\w+)",operation="(\w+)"\}/g)) {
    const value = (kind: string): number =>
      Number(
        new RegExp(`latency_seconds_${kind}\\{layer="${layer ?? ''}",operation="${operation ?? ''}"\\} (\\S+)`).exec(
          metrics,
        )?.[1],
      );
    process.stdout.write(
      `${layer ?? ''} ${operation ?? ''}: mean ${((value('sum') / value('count')) * 1000).toFixed(2)} ms\n`,
    );
  }
  await server.stop();
});
