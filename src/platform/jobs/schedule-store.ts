import { Inject, Injectable } from '@nestjs/common';
import { TransactionRunner } from '../database/index.js';
import { nextRun, type Schedule } from './schedule.js';

/** A schedule and its last result. */
export interface ScheduleState {
  readonly id: string;
  readonly cron: string;
  readonly timeZone: string;
  /** Next run; while it runs, the end of its lease. */
  readonly dueAt: Date;
  readonly isRunning: boolean;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly outcome: 'succeeded' | 'failed' | 'timed_out' | null;
  /** Class and SQLSTATE of the last error. */
  readonly error: string | null;
}

/** The statements of schedules. A schedule's row is its lock: who moves `due_at` first runs it. */
@Injectable()
export class ScheduleStore {
  constructor(@Inject(TransactionRunner) private readonly runner: TransactionRunner) {}

  /** Stores new schedules, and the next run of those whose times have changed; what is due or runs stays so. */
  async keep(schedules: readonly Schedule[], now: Date): Promise<void> {
    const rows = schedules.map((schedule) => ({
      id: schedule.id,
      cron: schedule.cron,
      zone: schedule.timeZone,
      due: nextRun(schedule, now),
    }));
    await this.query('keep', KEEP, [JSON.stringify(rows)]);
  }

  /**
   * Brings back what a clock that was ahead has put off: a next run later than the one after the next, and a lease (in
   * milliseconds) that ends later than any that is given by the present clock.
   */
  async bringBack(schedules: readonly Schedule[], now: Date, leaseTime: number): Promise<void> {
    const rows = schedules.map((schedule) => {
      const due = nextRun(schedule, now);
      return { id: schedule.id, due, latest: nextRun(schedule, due) };
    });
    await this.query('bring_back', BRING_BACK, [JSON.stringify(rows), leaseTime]);
  }

  /** Claims a run for `leaseTime` milliseconds; its start by the clock of the database, nothing when others were first. */
  async claim(id: string, lease: string, leaseTime: number): Promise<Date | undefined> {
    const [row] = await this.query<{ started_at: Date }>('claim', CLAIM, [id, lease, leaseTime]);
    return row?.started_at;
  }

  /** Keeps the claim; false when it is lost. */
  async renew(id: string, lease: string, leaseTime: number): Promise<boolean> {
    return (await this.query('renew', RENEW, [id, lease, leaseTime])).length > 0;
  }

  /** Stores the result and the next run. */
  async finish(id: string, lease: string, outcome: string, error: string | null, next: Date): Promise<void> {
    await this.query('finish', FINISH, [id, lease, outcome, error, next]);
  }

  /** Lets others run it at once. */
  async giveBack(id: string, lease: string): Promise<void> {
    const text = 'UPDATE jobs.schedule SET lease = NULL, due_at = now() WHERE id = $1 AND lease = $2';
    await this.query('give_back', text, [id, lease]);
  }

  /** Makes it due now; false when it runs already or is not known. */
  async trigger(id: string): Promise<boolean> {
    const text = 'UPDATE jobs.schedule SET due_at = now() WHERE id = $1 AND lease IS NULL RETURNING id';
    return (await this.query('trigger', text, [id])).length > 0;
  }

  list(): Promise<ScheduleState[]> {
    return this.query('list', LIST, []);
  }

  private query<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.runner.query<Row>({ name: `schedules.${name}`, text }, values);
  }
}

const KEEP = `
  INSERT INTO jobs.schedule (id, cron, time_zone, due_at)
  SELECT id, cron, zone, due FROM jsonb_to_recordset($1::jsonb) AS n(id text, cron text, zone text, due timestamptz) ORDER BY id
  ON CONFLICT (id) DO UPDATE SET cron = excluded.cron, time_zone = excluded.time_zone,
    due_at = CASE WHEN schedule.lease IS NULL AND schedule.due_at > now() THEN excluded.due_at ELSE schedule.due_at END
  WHERE (schedule.cron, schedule.time_zone) IS DISTINCT FROM (excluded.cron, excluded.time_zone)`;

const BRING_BACK = `
  UPDATE jobs.schedule s SET lease = NULL, due_at = n.due
  FROM jsonb_to_recordset($1::jsonb) AS n(id text, due timestamptz, latest timestamptz)
  WHERE s.id = n.id AND s.due_at > CASE WHEN s.lease IS NULL THEN n.latest ELSE now() + $2 * interval '2 ms' END`;

const CLAIM = `
  UPDATE jobs.schedule SET lease = $2, started_at = now(), due_at = now() + $3 * interval '1 ms'
  WHERE id = $1 AND due_at <= now() RETURNING started_at`;

const RENEW = `UPDATE jobs.schedule SET due_at = now() + $3 * interval '1 ms' WHERE id = $1 AND lease = $2 RETURNING id`;

const FINISH = `
  UPDATE jobs.schedule SET lease = NULL, finished_at = now(), outcome = $3, error = $4, due_at = $5
  WHERE id = $1 AND lease = $2`;

const LIST = `
  SELECT id, cron, time_zone AS "timeZone", due_at AS "dueAt", lease IS NOT NULL AS "isRunning",
    started_at AS "startedAt", finished_at AS "finishedAt", outcome, error
  FROM jobs.schedule ORDER BY id`;
