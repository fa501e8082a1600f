/** The scenarios of scenarios.json, which k6 reads as well. docs/LOAD_TESTS.md says what they mean. */
import { readFileSync } from 'node:fs';
import type { Action } from './behaviour.mjs';

/** So many users for so long; times in seconds. */
export interface Load {
  readonly users: number;
  /** Time over which the users come. */
  readonly ramp: number;
  /** From the first request to the last. */
  readonly seconds: number;
  /** Users that are there from the beginning; the others come after `wait`. */
  readonly first?: number;
  readonly wait?: number;
}

export interface Scenarios {
  /** Actions between two sign-ins, and seconds before each. */
  readonly session: { readonly actions: readonly [number, number]; readonly think: readonly [number, number] };
  /** How often one does what, as weights. */
  readonly mix: Readonly<Record<Action, number>>;
  readonly loads: Readonly<Record<string, Load>>;
  /** Users of a family, and memories that it has before the load begins. */
  readonly world: { readonly household: number; readonly memories: number };
  readonly limits: Limits;
}

/** What has to be met. */
export interface Limits {
  /** Milliseconds, asked up to so many users. */
  readonly latency: { readonly users: number; readonly average: number; readonly p95: number };
  /** Share of requests that may fail. */
  readonly errors: number;
  /** Share by which memory may grow, from so many seconds after the start to the end. */
  readonly memory: { readonly growth: number; readonly after: number };
}

export const SCENARIOS_FILE = new URL('scenarios.json', import.meta.url);

export const SCENARIOS = JSON.parse(readFileSync(SCENARIOS_FILE, 'utf8')) as Scenarios;
