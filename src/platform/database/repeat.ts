import { sqlState } from './database.errors.js';

/** How often at most work is begun that others were in the way of. */
export const ATTEMPTS = 4;
/** PostgreSQL, appendix A: a serialization failure, a deadlock that was broken. */
const LOST_RACE = new Set(['40001', '40P01']);

/** Whether the database has ended a transaction for the sake of another one: begun anew, it comes after that one. */
export const isLostRace = (error: unknown): boolean => LOST_RACE.has(sqlState(error) ?? '');

/** Does the work again, from the beginning, until it has been begun as often as its error allows. */
export async function repeat<T>(work: () => Promise<T>, attemptsAt: (error: unknown) => number): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attemptsAt(error)) throw error;
    }
  }
}
