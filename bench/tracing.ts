/**
 * What tracing costs: throughput of one read with tracing on, in full and for a tenth of the requests, by that with
 * tracing off. `npm run bench:tracing`, with `BENCH_ROUNDS` and `BENCH_SECONDS` for less or more of it.
 *
 * The servers run at once on one PostgreSQL and are measured in turns, the order turned round in each, so that whatever
 * else the machine does meets all of them alike. The spans go to a process that throws them away.
 */
import { join } from 'node:path';
import { givenServer, newScratchDatabase } from './scratch-database.js';
import {
  load,
  median,
  newFolder,
  post,
  printTable,
  runBenchmark,
  startFamilyAssistant,
  startServer,
} from './support.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 5);
const WARM_UP = 3;
const READERS = 16;
const ACCOUNT = { email: 'parent@example.org', password: 'violet-harbour-93-teapots' };
const NAMES = ['off', 'off again', 'on', 'on, a tenth'] as const;

await runBenchmark(WARM_UP * 8 + NAMES.length * ROUNDS * (SECONDS + 2) + 90, async (defer) => {
  const server = givenServer();
  if (!server) throw new Error('Nothing was measured.');
  const folder = await newFolder(defer);
  const { variables } = await newScratchDatabase(server, defer);
  const sink = await startServer([join(import.meta.dirname, 'trace-sink.mjs')], '/', {}, folder);
  const settings = { ...variables, RATE_LIMIT_MULTIPLIER: '1000000', SESSIONS_PER_USER: '1000000' };
  const on = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
  const tenth = { ...on, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' };
  const servers = [];
  // One after the other: the first one migrates. "Off" runs twice, which tells how much the figures differ by themselves.
  for (const more of [{}, {}, on, tenth]) servers.push(await startFamilyAssistant(folder, { ...settings, ...more }));
  const [first] = servers;
  if (!first) throw new Error('No server has started.');
  const names = { first_name: 'María', last_name: 'Núñez', family_name: 'Núñez' };
  await post(`${first.url}/api/v1/auth/register`, { ...ACCOUNT, ...names });
  const { access_token: bearer } = (await post(`${first.url}/api/v1/auth/login`, ACCOUNT)) as { access_token: string };
  const measure = async (url: string, seconds: number): Promise<number> =>
    (await load({ url: `${url}/api/v1/family/members`, bearer, connections: READERS, seconds })).requests.average;
  for (const { url } of servers) await measure(url, WARM_UP);
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const results: number[] = [];
    const order = round % 2 === 0 ? [...servers.keys()] : [...servers.keys()].toReversed();
    for (const at of order) results[at] = await measure(servers[at]?.url ?? '', SECONDS);
    rounds.push(results);
  }
  await Promise.all([...servers.map((each) => each.stop()), sink.stop()]);
  const shares = rounds.map((row) => row.map((value) => value / (row[0] ?? NaN)));
  const columns = NAMES.map((_, at) => median(rounds.map((row) => row[at] ?? NaN)));
  const ratios = NAMES.map((_, at) => median(shares.map((row) => row[at] ?? NaN)));
  process.stdout.write(
    `GET /family/members, ${String(READERS)} connections, ${String(ROUNDS)} rounds of ${String(SECONDS)} s each, requests a second\n`,
  );
  printTable([
    ['tracing', ...NAMES],
    ...rounds.map((row, at) => [String(at + 1), ...row.map((value) => value.toFixed(0))]),
    ['median', ...columns.map((value) => value.toFixed(0))],
    ['share of off', ...ratios.map((value) => value.toFixed(2))],
  ]);
});
