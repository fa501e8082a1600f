import type { DataSource } from 'typeorm';
import { APPLICATION_ROLE } from './data-source.js';
import { DatabaseSetupError, sqlState } from './database.errors.js';
import { withSessionLock } from './advisory-lock.js';

export interface MigrationState {
  readonly name: string;
  readonly applied: boolean;
}

/** Applies and takes back migrations, one process at a time. Works on a data source of the owner. */
export class Migrator {
  constructor(
    private readonly owner: DataSource,
    /** Login of the application where it is another than the owner's: it is let into the application's role. */
    private readonly applicationLogin?: string,
  ) {}

  /** Applies what is pending; returns the names. */
  up(): Promise<string[]> {
    return this.locked(async () => {
      const applied = await this.owner.runMigrations();
      await this.admitApplication();
      return applied.map(({ name }) => name);
    });
  }

  /** Takes the last migration back; returns its name, or nothing when none is applied. */
  down(): Promise<string | undefined> {
    return this.locked(async () => {
      const last = (await this.status()).findLast(({ applied }) => applied);
      if (last) await this.owner.undoLastMigration();
      return last?.name;
    });
  }

  /** Every migration in order, and whether it is applied. */
  async status(): Promise<MigrationState[]> {
    // Before the first migration, and after it was taken back, the application cannot read the table, if there is one.
    const [table] = await this.owner.query<{ readable: boolean | null }[]>(
      `SELECT has_table_privilege(to_regclass('migrations'), 'SELECT') AS readable`,
    );
    const rows = table?.readable ? await this.owner.query<{ name: string }[]>('SELECT name FROM migrations') : [];
    const applied = new Set(rows.map(({ name }) => name));
    return this.owner.migrations.map(({ name, constructor }) => {
      const known = name ?? constructor.name;
      return { name: known, applied: applied.has(known) };
    });
  }

  private async locked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.underLock(work);
    } catch (error) {
      if (sqlState(error) === undefined) throw error;
      throw new DatabaseSetupError(`A migration failed and was taken back: ${(error as Error).message}`);
    }
  }

  /** The lock needs a connection of its own; the embedded database has one connection, and one process. */
  private async underLock<T>(work: () => Promise<T>): Promise<T> {
    if ('poolSize' in this.owner.options && this.owner.options.poolSize === 1) return work();
    const runner = this.owner.createQueryRunner();
    try {
      return await withSessionLock(runner.manager, 'migrations', work);
    } finally {
      await runner.release();
    }
  }

  private async admitApplication(): Promise<void> {
    if (!this.applicationLogin) return;
    const [row] = await this.owner.query<{ admitted: boolean; statement: string }[]>(
      `SELECT pg_has_role($1, $2, 'MEMBER') AS admitted, format('GRANT %I TO %I', $2, $1) AS statement`,
      [this.applicationLogin, APPLICATION_ROLE],
    );
    if (row && !row.admitted) await this.owner.query(row.statement);
  }
}
