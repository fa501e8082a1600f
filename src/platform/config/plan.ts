import { Cron } from 'croner';

/** Whether a plan of five parts (minute, hour, day of month, month, day of week) ever comes: not that of the 25th hour, nor of 30 February. */
export function isPlan(cron: string): boolean {
  try {
    return new Cron(cron, { timezone: 'UTC', paused: true, mode: '5-part' }).nextRun() !== null;
  } catch {
    return false;
  }
}

/** What is said of one that never comes. */
export const NO_PLAN = 'never comes: minute, hour, day of month, month, day of week are wanted, such as 17 3 * * *';
