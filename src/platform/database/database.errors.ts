/** The database cannot be used as it is: said at start, in words that help. */
export class DatabaseSetupError extends Error {
  override readonly name: string = 'DatabaseSetupError';
}

/** Another process has the embedded database open. */
export class DataFolderInUseError extends DatabaseSetupError {
  constructor(dataDir: string) {
    super(
      `The data folder ${dataDir} is in use by another process. Stop it first, or choose another folder by DATA_DIR.`,
    );
  }
}

/** The session behind a request ended or changed since it was read. See `TransactionRunner`. */
export class StaleViewerError extends Error {
  override readonly name = 'StaleViewerError';
  /** @param isLate whether work came before it that is dear, as the check of a password */
  constructor(readonly isLate = false) {
    super('the session has ended or its rights have changed');
  }
}

/** All connections were in use, and none became free within `DATABASE_CONNECT_TIMEOUT`. */
export class PoolExhaustedError extends Error {
  override readonly name = 'PoolExhaustedError';
  constructor() {
    super('no connection to the database became free in time');
  }
}

/** SQLSTATE classes of a server that is away, starting, stopping or full (PostgreSQL, appendix A). */
const UNAVAILABLE_STATES = /^(08...|53...|57P0[1-5]|57014|58...|25P03)$/;
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);
const UNAVAILABLE_WORDS =
  /connection terminated|query read timeout|pool after calling end|not queryable|database is closed/i;

/** SQLSTATE of a database error, also when TypeORM has wrapped it. */
export function sqlState(error: unknown): string | undefined {
  const { code, driverError } = asFields(error);
  return typeof code === 'string' ? code : driverError === undefined ? undefined : sqlState(driverError);
}

/** Name of the constraint that refused a row. */
export function constraintOf(error: unknown): string | undefined {
  const { constraint, driverError } = asFields(error);
  return typeof constraint === 'string'
    ? constraint
    : driverError === undefined
      ? undefined
      : constraintOf(driverError);
}

/** Whether a unique constraint refused a row (SQLSTATE 23505). */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return sqlState(error) === '23505' && constraintOf(error) === constraint;
}

/** Whether an exclusion constraint refused a row (SQLSTATE 23P01). */
export function isExclusionViolation(error: unknown, constraint: string): boolean {
  return sqlState(error) === '23P01' && constraintOf(error) === constraint;
}

/** Whether the error says that the database is away for now, rather than that the statement is wrong. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  if (UNAVAILABLE_STATES.test(state) || UNAVAILABLE_CODES.has(state)) return true;
  return error instanceof PoolExhaustedError || (error instanceof Error && UNAVAILABLE_WORDS.test(error.message));
}

function asFields(error: unknown): { code?: unknown; constraint?: unknown; driverError?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}
