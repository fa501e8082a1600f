#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { RuleFileError } from '../modules/alerting/rules/index.js';
import { BackupError } from '../modules/backup/backup.errors.js';
import { EmbeddingError } from '../modules/memory/embedding/index.js';
import { ReembeddingError } from '../modules/memory/indexing/index.js';
import { ConfigError, loadEnvFile, VERSION } from '../platform/config/index.js';
import { DatasetError } from '../modules/memory/evaluation/index.js';
import { DatabaseSetupError } from '../platform/database/index.js';
import { DomainError } from '../platform/http/index.js';
import { addAlerts } from './alerts.js';
import { addBackup } from './backup.js';
import { addDb } from './db.js';
import { addDocsCommands } from './docs.js';
import { addEval } from './eval.js';
import { addEnvCheck } from './env-check.js';
import { addExportOpenapi } from './export-openapi.js';
import { addJobs } from './jobs.js';
import { addKeysRotate } from './keys-rotate.js';
import { addMigrate } from './migrate.js';
import { addModels } from './models.js';
import { addReembed } from './reembed.js';
import { addRestore } from './restore.js';
import { addTrain } from './train.js';
import { addUserCommands } from './user.js';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

const COMMANDS = [
  addMigrate,
  addUserCommands,
  addKeysRotate,
  addJobs,
  addEnvCheck,
  addExportOpenapi,
  addDb,
  addBackup,
  addRestore,
  addAlerts,
  addModels,
  addReembed,
  addDocsCommands,
  addEval,
  addTrain,
];

/** Runs one command. @returns the exit code: 0 done, 1 failed, 2 wrong usage */
export async function runCli(args: readonly string[]): Promise<number> {
  const program = new Command('family-assistant')
    .description(
      'Commands of a Family Assistant server. Settings come from the environment, see docs/CONFIGURATION.md.',
    )
    .version(VERSION)
    .exitOverride();
  for (const add of COMMANDS) add(program);
  for (const command of allOf(program)) command.exitOverride().showHelpAfterError();
  try {
    loadEnvFile();
    await program.parseAsync([...args], { from: 'user' });
    return DONE;
  } catch (error) {
    // Thrown by a command itself: of those the library finds it has told already.
    if (error instanceof InvalidArgumentError) process.stderr.write(`error: ${error.message}\n`);
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    process.stderr.write(`${describe(error)}\n`);
    return FAILED;
  }
}

/** Their messages are for those who run a server; of others the place matters. */
const PLAIN = [RuleFileError, DatasetError, ConfigError, DatabaseSetupError, EmbeddingError, ReembeddingError];

const allOf = (command: Command): Command[] => command.commands.flatMap((child) => [child, ...allOf(child)]);

function describe(error: unknown): string {
  const hasOther = error instanceof Error && !(error instanceof BackupError) && error.cause !== undefined;
  const cause: unknown = hasOther ? error.cause : error;
  if (PLAIN.some((kind) => cause instanceof kind)) return (cause as Error).message;
  // What is wrong with a backup has its place: a file, a table, what pg_restore said.
  if (cause instanceof BackupError && cause.reason !== undefined && cause.reason !== '')
    return `${cause.message} (${cause.code}): ${cause.reason}`;
  if (cause instanceof DomainError) {
    const { errors = [], message, code }: DomainError = cause as DomainError;
    const fields = errors.map(({ field, messages }) => `  ${field}: ${messages.join('; ')}`);
    return [`${message} (${code})`, ...fields].join('\n');
  }
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

/** Whoever reads the output may stop reading (`| head`): what was begun is finished all the same. */
function outliveReaders(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

if (import.meta.main) {
  process.stdout.on('error', outliveReaders);
  process.exitCode = await runCli(process.argv.slice(2));
}
