import { existsSync } from 'node:fs';
import type { Environment } from './load-config.js';

/** The variables of this process, for those who pass them on with changes. */
export const environment = (): Environment => process.env;

/** Adds what the file `.env` of the working folder sets; variables that are set already win. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}
