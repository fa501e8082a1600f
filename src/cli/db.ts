import type { Command } from 'commander';
import { addDbReset } from './db-reset.js';
import { addDbShell } from './db-shell.js';

/** `db shell|reset` */
export function addDb(program: Command): void {
  const db = program.command('db').description('the database');
  addDbShell(db);
  addDbReset(db);
}
