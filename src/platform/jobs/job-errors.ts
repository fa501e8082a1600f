import { sqlState } from '../database/index.js';

/** An error in a word, for the table. Its message stays out: it may quote what people wrote. */
export function nameOfError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const state = sqlState(error);
  return state === undefined ? error.name : `${error.name} ${state}`;
}
