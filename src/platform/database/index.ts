export { lockInTransaction } from './advisory-lock.js';
export { CheckedPool, type PoolCounts, type PoolReport } from './checked-pool.js';
export { CommitNews, type Topic } from './commit-news.js';
export { CommitWatch } from './commit-watch.js';
export { APPLICATION_ROLE, createDataSource, KNOWN_MIGRATIONS, poolOf, tlsOptions } from './data-source.js';
export { DatabaseModule, EMBEDDED_DATABASE, openDatabase, withOwner, type OpenedDatabase } from './database.module.js';
export {
  DatabaseSetupError,
  DataFolderInUseError,
  isDatabaseUnavailable,
  isExclusionViolation,
  isUniqueViolation,
  PoolExhaustedError,
  sqlState,
  StaleViewerError,
} from './database.errors.js';
export { EmbeddedClone } from './embedded-clone.js';
export { EmbeddedDatabase, lockDataFolder } from './embedded-database.js';
export { finishSwap, isSwapPlanned, planSwap } from './embedded-swap.js';
export { isoOf, isoOrNull, microsOf, microsSql, momentOf, rangeOf, type Micros } from './micros.js';
export { Migrator, type MigrationState } from './migrator.js';
export { ATTEMPTS, repeat } from './repeat.js';
export { checkDatabase, policyProblems } from './start-checks.js';
export type { Engine } from './protocol-stream.js';
export {
  managerOf,
  runNamed,
  TransactionRunner,
  viewerStatement,
  type Transaction,
  type Viewer,
  type ViewerStatement,
} from './transaction-runner.js';
