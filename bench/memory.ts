/**
 * What finding and adding cost in a large household: `npm run bench:memory`.
 *
 * A million memories (BENCH_MEMBERS x BENCH_MEMORIES, with vectors where EMBEDDINGS_MODEL names the folder of a model) lie
 * in the tables besides those of four people with 100 to 100,000 (BENCH_SCOPES) of their own, who search and add over HTTP,
 * one request at a time. Cold is the time after PostgreSQL was started again, with the files dropped from the memory of the
 * machine where that is allowed.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { fill, NAIVE, wordAt } from './memory-data.js';
import { givenServer, newScratchDatabase, type ScratchDatabase } from './scratch-database.js';
import { newFolder, printTable, runBenchmark, startFamilyAssistant, type RunningServer } from './support.js';

const whole = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const MEMBERS = whole('BENCH_MEMBERS', 100);
const MEMORIES = whole('BENCH_MEMORIES', 10_000);
const SCOPES = (process.env['BENCH_SCOPES'] ?? '100,1000,10000,100000').split(',').map(Number);
const SEARCHES = whole('BENCH_SEARCHES', 200);
const COLD_ROUNDS = whole('BENCH_COLD_ROUNDS', 20);
const ADDS = 200;
const BATCHES = 20;
const BATCH = 500;
const GOALS = { scope: 10_000, warm: 40, cold: 120, add: 50 };
const WORDS_ASKED = 6;

interface Person {
  readonly size: number;
  readonly bearer: string;
  readonly memberId: string;
  readonly familyId: string;
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? NaN;
const words = (count: number): string => Array.from({ length: count }, () => wordAt(Math.random())).join(' ');
const say = (line: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

async function ask(url: string, body: object, bearer?: string): Promise<{ answer: unknown; took: number }> {
  const started = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(bearer === undefined ? {} : { authorization: bearer }) },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`POST ${url} answered ${String(response.status)}: ${JSON.stringify(answer)}`);
  return { answer, took: performance.now() - started };
}

async function newPerson(url: string, size: number): Promise<Person> {
  const account = { email: `p${String(size)}@example.org`, password: 'violet-harbour-93-teapots' };
  await ask(`${url}/api/v1/auth/register`, { ...account, first_name: 'Ada', last_name: `Size ${String(size)}` });
  const { answer } = await ask(`${url}/api/v1/auth/login`, account);
  const bearer = `Bearer ${(answer as { access_token: string }).access_token}`;
  const me = await fetch(`${url}/api/v1/auth/me`, { headers: { authorization: bearer } });
  const { member_id: memberId, family } = (await me.json()) as { member_id: string; family: { id: string } };
  return { size, bearer, memberId, familyId: family.id };
}

const search = async (url: string, { bearer }: Person): Promise<number> =>
  (await ask(`${url}/api/v1/memories/search`, { query: words(WORDS_ASKED) }, bearer)).took;

async function searches(url: string, person: Person, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) times.push(await search(url, person));
  return times;
}

async function fillAll(database: ScratchDatabase, people: readonly Person[]): Promise<boolean> {
  const found = await database.asOwner('SELECT id, dimensions FROM embedding_models WHERE is_active');
  const model = found?.rows[0] as { id: number; dimensions: number } | undefined;
  const own = people.map(({ familyId, memberId, size }) => ({
    familyId,
    ownerId: memberId,
    scopeId: memberId,
    memories: size,
  }));
  const others = Array.from({ length: MEMBERS }, () => {
    const id = randomUUID();
    return { familyId: people[0]?.familyId ?? '', ownerId: id, scopeId: id, memories: MEMORIES };
  });
  // In ten goes, so that what is looked for lies among the rest.
  const all = [...others.slice(0, MEMBERS / 2), ...own, ...others.slice(MEMBERS / 2)];
  for (let from = 0; from < all.length; from += 10) {
    await fill(database, all.slice(from, from + 10), model);
    say(`filled ${String(Math.min(from + 10, all.length))} of ${String(all.length)} scopes`);
  }
  await database.asOwner('ANALYZE memories', 'ANALYZE documents', 'ANALYZE postings', 'ANALYZE embeddings');
  return model !== undefined;
}

/** What the filling left to be done later would be measured otherwise. VACUUM stands in no transaction. */
async function settle(database: ScratchDatabase): Promise<void> {
  const client = new pg.Client({ connectionString: database.variables['DATABASE_OWNER_URL'] });
  await client.connect();
  for (const table of ['memories', 'documents', 'postings', 'embeddings']) await client.query(`VACUUM ${table}`);
  await client.end();
  const superuser = process.env['TEST_SUPERUSER_DATABASE_URL'];
  if (superuser === undefined) {
    say('the filling is still being written to the disk: only a superuser may hasten that');
    return;
  }
  const server = new pg.Client({ connectionString: superuser });
  await server.connect();
  await server.query('CHECKPOINT');
  await server.end();
}

/** @returns whether the files were dropped from memory as well; undefined where PostgreSQL cannot be restarted */
function restartPostgres(): boolean | undefined {
  const control = process.env['TEST_SERVERS_CTL'];
  if (!control) return undefined;
  execFileSync(control, ['pg-stop'], { stdio: 'ignore' });
  let isDropped = true;
  try {
    execFileSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '3');
  } catch {
    isDropped = false;
  }
  execFileSync(control, ['pg-start'], { stdio: 'ignore' });
  return isDropped;
}

async function cold(url: string, person: Person): Promise<{ times: number[]; isDropped: boolean } | undefined> {
  const times: number[] = [];
  let isDropped = true;
  for (let round = 0; round < COLD_ROUNDS; round += 1) {
    const dropped = restartPostgres();
    if (dropped === undefined) return undefined;
    isDropped &&= dropped;
    // The connection and the session come first: signing in is not what is measured.
    while (!(await fetch(`${url}/health/ready`).catch(() => undefined))?.ok) continue;
    await fetch(`${url}/api/v1/family/members`, { headers: { authorization: person.bearer } });
    times.push(await search(url, person));
  }
  return { times, isDropped };
}

async function naive(database: ScratchDatabase, person: Person): Promise<number[]> {
  await database.asOwner(
    `SELECT set_config('app.realm', 'worker', true), set_config('app.family_id', '${person.familyId}', true)`,
    ...NAIVE.prepare(person.memberId),
  );
  const client = new pg.Client({ connectionString: database.variables['DATABASE_OWNER_URL'] });
  await client.connect();
  const times: number[] = [];
  for (let i = 0; i < SEARCHES; i += 1) {
    const started = performance.now();
    await client.query({ name: 'naive', text: NAIVE.query, values: [words(WORDS_ASKED), i % 500] });
    times.push(performance.now() - started);
  }
  await client.end();
  return times;
}

async function residentMiB({ url }: RunningServer): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^family_assistant_process_resident_memory_bytes (\S+)$/m.exec(text)?.[1] ?? NaN) / 2 ** 20;
}

async function batches(server: RunningServer, { bearer }: Person): Promise<void> {
  const started = performance.now();
  const memory: number[] = [];
  for (let i = 0; i < BATCHES; i += 1) {
    const memories = Array.from({ length: BATCH }, () => ({ content: words(12) }));
    await ask(`${server.url}/api/v1/memories/batch`, { memories }, bearer);
    memory.push(await residentMiB(server));
  }
  const seconds = (performance.now() - started) / 1000;
  const [first = NaN, last = NaN] = [memory[1], memory.at(-1)];
  process.stdout.write(
    `batch: ${String(BATCHES * BATCH)} memories by ${String(BATCH)} in ${seconds.toFixed(1)} s (${((BATCHES * BATCH) / seconds).toFixed(0)}/s); ` +
      `process ${first.toFixed(0)} MiB after the second batch, ${last.toFixed(0)} MiB after the last, at most ${Math.max(...memory).toFixed(0)}\n`,
  );
}

const judge = (what: string, value: number, goal: number): void =>
  void process.stdout.write(
    `${what}: ${ms(value)} (goal: at most ${String(goal)} ms, ${value <= goal ? 'met' : 'MISSED'})\n`,
  );

await runBenchmark(3600, async (defer) => {
  const given = givenServer();
  if (!given) throw new Error('Nothing was measured.');
  const database = await newScratchDatabase(given, defer);
  const model = process.env['EMBEDDINGS_MODEL'];
  const settings = {
    ...database.variables,
    REGISTRATION: 'open',
    RATE_LIMIT_MULTIPLIER: '1000000',
    ...(model === undefined ? { EMBEDDINGS: 'none' } : { EMBEDDINGS: 'local', EMBEDDINGS_MODEL: model }),
  };
  const server = await startFamilyAssistant(await newFolder(defer), settings);
  const people: Person[] = [];
  for (const size of SCOPES) people.push(await newPerson(server.url, size));
  // The first search makes the model known to the database.
  for (const person of people) await search(server.url, person);
  const hasVectors = await fillAll(database, people);
  await settle(database);
  say('filled');
  process.stdout.write(
    `${String(MEMBERS)} members x ${String(MEMORIES)} memories besides, ${hasVectors ? 'with' : 'without'} vectors, Node ${process.version}, one caller over HTTP\n\n`,
  );
  const rows = [['memories in scope', 'p50', 'p95']];
  let warm = NaN;
  for (const person of people) {
    await searches(server.url, person, 20);
    const times = await searches(server.url, person, SEARCHES);
    rows.push([String(person.size), ms(quantile(times, 0.5)), ms(quantile(times, 0.95))]);
    if (person.size === GOALS.scope) warm = quantile(times, 0.95);
  }
  const main = people.find(({ size }) => size === GOALS.scope) ?? people[0];
  if (!main) throw new Error('BENCH_SCOPES is empty');
  const other = await naive(database, main);
  rows.push([
    `${String(main.size)}, ts_rank_cd + vectors, SQL alone`,
    ms(quantile(other, 0.5)),
    ms(quantile(other, 0.95)),
  ]);
  printTable(rows);
  judge('search, warm, p95', warm, GOALS.warm);
  const adds: number[] = [];
  for (let i = 0; i < ADDS; i += 1)
    adds.push((await ask(`${server.url}/api/v1/memories`, { content: words(12) }, main.bearer)).took);
  judge('add, acknowledged, p95', quantile(adds, 0.95), GOALS.add);
  await batches(server, people[0] ?? main);
  const after = await cold(server.url, main);
  if (!after)
    process.stdout.write('search, cold: not measured, for PostgreSQL cannot be restarted (TEST_SERVERS_CTL)\n');
  else {
    judge(
      `search, cold (first one after each of ${String(COLD_ROUNDS)} starts), p95`,
      quantile(after.times, 0.95),
      GOALS.cold,
    );
    process.stdout.write(
      `  p50 ${ms(quantile(after.times, 0.5))}; files ${after.isDropped ? 'were' : 'could not be'} dropped from memory\n`,
    );
  }
  await server.stop();
});
