/**
 * A process that queues jobs and works on them until it is killed (`write`), or works until none is left, prints what
 * came of them and ends (`drain`). Each job queues a second one and ends itself in the same transaction.
 */
import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { createApp } from '../../src/app.setup.js';
import { loadConfig } from '../../src/platform/config/index.js';
import { TransactionRunner } from '../../src/platform/database/index.js';
import { defineJob, JobQueue, JobRegistry } from '../../src/platform/jobs/index.js';

interface Numbered {
  readonly n: number;
}

const [mode, firstNumber] = process.argv.slice(2);
const WRITERS = 4;
const FIRST = defineJob<Numbered>({
  name: 'fault.first',
  concurrency: 3,
  batchSize: 5,
  retryLimit: 10_000,
  backoff: { base: 20, max: 200 },
});
const SECOND = defineJob<Numbered>({ name: 'fault.second' });

const app = await createApp(loadConfig(), pino({ level: 'silent' }));
const runner = app.get(TransactionRunner);
const queue = app.get(JobQueue);
app.get(JobRegistry).register(FIRST, async (jobs, { complete }) => {
  await pause(Math.random() * 20);
  await runner.runAsIdentity(async (tx) => {
    await queue.enqueueAll(tx, SECOND, jobs);
    if (Math.random() < 0.05) throw new Error('on purpose');
    await complete(tx);
  });
});
await app.init();

/** In one system call, so that nothing said is lost with the process. */
const say = (word: string, numbers: readonly number[]): void => {
  writeSync(1, `${word} ${numbers.join(' ')}\n`);
};

let next = Number(firstNumber);
async function write(): Promise<never> {
  for (;;) {
    const numbers = Array.from({ length: 1 + Math.floor(Math.random() * 8) }, () => next++);
    say('asked', numbers);
    try {
      const jobs = numbers.map((n) => ({ payload: { n } }));
      await runner.runAsIdentity((tx) => queue.enqueueAll(tx, FIRST, jobs));
      say('queued', numbers);
    } catch {
      await pause(50); // the database is away: whether they are queued is unknown, and either is right
    }
    await pause(Math.random() * 10);
  }
}

async function drain(): Promise<void> {
  const dataSource = app.get(DataSource);
  const left = (): Promise<unknown[]> => dataSource.query(`SELECT FROM jobs.job WHERE queue = 'fault.first' LIMIT 1`);
  while ((await left()).length > 0) await pause(20);
  const rows = await dataSource.query<{ n: number }[]>(
    `SELECT (payload->>'n')::int AS n FROM jobs.job WHERE queue = 'fault.second'`,
  );
  say(
    'done',
    rows.map(({ n }) => n),
  );
  await app.close();
}

if (mode === 'drain') await drain();
else await Promise.all(Array.from({ length: WRITERS }, write));
