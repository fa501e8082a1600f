import { it } from '@jest/globals';
import { onPostgres } from './database.js';

/** Whether this run does a part of what is the same on every database: the embedded one takes seconds for each backup. */
export const isSampled = !onPostgres && process.env['FAULT_ROUNDS'] === undefined;

/** A test of `make test-faults` and of the servers, which the ordinary run on the embedded database leaves out. */
export const whole = isSampled ? it.skip : it;
