import { Cron } from 'croner';
import type { JobContext } from './job.js';

/** Something done at fixed times, once across all processes. Made by `defineSchedule`. */
export interface Schedule {
  readonly id: string;
  /** Five fields: minute, hour, day of month, month, day of week (`man 5 crontab`). */
  readonly cron: string;
  /** IANA name of the zone in which the fields are read. */
  readonly timeZone: string;
  /** Longest run, in milliseconds. */
  readonly timeout: number;
  /** A failure waits for the next time; what must be retried sooner queues a job. */
  execute(context: JobContext): Promise<void>;
}

/**
 * Defines a schedule.
 * @throws TypeError for an expression that is not one; RangeError for an unknown zone
 */
export function defineSchedule(
  schedule: Pick<Schedule, 'id' | 'cron' | 'execute'> & Partial<Pick<Schedule, 'timeZone' | 'timeout'>>,
): Schedule {
  const complete = { timeZone: 'UTC', timeout: 600_000, ...schedule };
  nextRun(complete, new Date());
  return complete;
}

/**
 * First run after a moment. A run in the hour that a clock change skips takes place right after it; one in the hour
 * that is repeated takes place once.
 * @throws RangeError when there is none, as on the 30th of February
 */
export function nextRun({ id, cron, timeZone }: Pick<Schedule, 'id' | 'cron' | 'timeZone'>, after: Date): Date {
  const next = new Cron(cron, { timezone: timeZone, paused: true, mode: '5-part' }).nextRun(after);
  if (!next) throw new RangeError(`${id}: ${cron} never comes`);
  return next;
}
