import { Logger } from '@nestjs/common';
import { InvalidArgumentError, type Command } from 'commander';
import { isUUID } from 'class-validator';
import { AuditTrail } from '../platform/audit/index.js';
import { loadConfig } from '../platform/config/index.js';
import { openDatabase, TransactionRunner } from '../platform/database/index.js';
import { DomainError } from '../platform/http/index.js';
import { DeadLetters, JobStore, type DeadLetter } from '../platform/jobs/index.js';
import { jobsOn, type ListedJob } from './jobs-table.js';

const PAGE = 500;

/** `jobs list|replay|discard` */
export function addJobs(program: Command): void {
  const jobs = program
    .command('jobs')
    .description('background jobs; the server must be stopped first if the database is built in');
  addList(jobs);
  addReplay(jobs);
  addDiscard(jobs);
}

function addList(jobs: Command): void {
  jobs
    .command('list')
    .description('list the jobs that wait, run or are to be retried, and those that failed for good')
    .option('--dead', 'only those that failed for good')
    .action(({ dead: onlyDead = false }: { dead?: boolean }) =>
      withJobs(async ({ store, dead }) => {
        const output = jobsOn(process.stdout);
        if (!onlyDead) await eachPage((after) => store.list({ ...after, limit: PAGE }), output.add);
        await eachPage(async (after) => (await dead.list({ ...after, limit: PAGE })).map(ofLetter), output.add);
        output.end(onlyDead ? 'no job has failed for good' : 'there are no jobs');
      }),
    );
}

function addReplay(jobs: Command): void {
  jobs
    .command('replay')
    .description('queue jobs again that failed for good, with all their attempts')
    .argument('[id]', 'of one of them', jobId)
    .option('--all', 'all of them')
    .action((id: string | undefined, { all = false }: { all?: boolean }, command: Command) => {
      if ((id === undefined) !== all) command.error('error: give an id, or --all');
      return withJobs(async ({ dead, record }) => {
        let replayed = 0;
        if (id !== undefined) replayed = known(id, await dead.replay({ ids: [id] }));
        else for (const { queue } of await dead.counts()) replayed += await dead.replay({ queue });
        await record('jobs.replay', replayed, id);
        jobsOn(process.stdout).say('replayed', `queued again: ${String(replayed)}`, { jobs: replayed });
      });
    });
}

function addDiscard(jobs: Command): void {
  jobs
    .command('discard')
    .description('throw a job away that failed for good')
    .argument('<id>', 'of it', jobId)
    .action((id: string) =>
      withJobs(async ({ dead, record }) => {
        const discarded = known(id, await dead.discard({ ids: [id] }));
        await record('jobs.discard', discarded, id);
        jobsOn(process.stdout).say('discarded', `thrown away: ${String(discarded)}`, { jobs: discarded });
      }),
    );
}

interface Queue {
  readonly store: JobStore;
  readonly dead: DeadLetters;
  /** Into the audit log: what was done to how many jobs. */
  readonly record: (action: 'jobs.replay' | 'jobs.discard', jobs: number, id: string | undefined) => Promise<void>;
}

/** Runs work on the queue alone: it can be looked after also where the rest of the server cannot start. */
async function withJobs(work: (queue: Queue) => Promise<void>): Promise<void> {
  Logger.overrideLogger(false); // what is wrong is thrown
  const { database, server } = loadConfig();
  const opened = await openDatabase(database, server, []);
  try {
    const runner = new TransactionRunner(opened.dataSource);
    const trail = new AuditTrail();
    const record: Queue['record'] = async (action, jobs, id) => {
      if (jobs === 0) return;
      const target = id === undefined ? {} : { targetType: 'job', targetId: id };
      await runner.runAsIdentity((tx) =>
        trail.record(tx, { action, outcome: 'success', ...target, details: { jobs } }),
      );
    };
    await work({ store: new JobStore(runner), dead: new DeadLetters(runner), record });
  } finally {
    await opened.close();
  }
}

/** Calls with each row of a list that is read page by page. */
async function eachPage(
  page: (after: { after?: string }) => Promise<ListedJob[]>,
  add: (job: ListedJob) => void,
): Promise<void> {
  let last: string | undefined;
  for (;;) {
    const rows = await page(last === undefined ? {} : { after: last });
    rows.forEach(add);
    if (rows.length < PAGE) return;
    last = rows.at(-1)?.id;
  }
}

/** Of a payload nothing is told. */
const ofLetter = ({ id, queue, attempts, error, createdAt, diedAt }: DeadLetter): ListedJob => ({
  id,
  queue,
  state: 'dead',
  attempts,
  error,
  createdAt,
  at: diedAt,
});

function known(id: string, count: number): number {
  if (count > 0) return count;
  throw new DomainError('dead_letter_not_found', {
    kind: 'not_found',
    detail: `no job with the id ${id} has failed for good; \`jobs list --dead\` shows those that have`,
  });
}

function jobId(value: string): string {
  if (!isUUID(value)) throw new InvalidArgumentError('An id as `jobs list` shows it is expected.');
  return value;
}
