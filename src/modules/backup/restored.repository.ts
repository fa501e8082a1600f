import { APPLICATION_ROLE } from '../../platform/database/index.js';
import type { Connection } from './connection.repository.js';

/** How much of what was open has been ended, by the names of the endings. */
export type Ended = Readonly<Record<string, number>>;

/** A statement that ends something, and the table past whose policies it sees. */
type EndingOf = Readonly<Record<'name' | 'table' | 'statement', string>>;

/** An account, and whether it is to be erased. */
export interface Account {
  readonly id: string;
  readonly is_leaving: boolean;
}

/** Writes into a database that was just restored, before it is used, and reads the one in whose place it comes. */
export class RestoredRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Ends what may have been taken back since the backup, and records in the audit log that it was restored, from which
   * backup, and what was ended: all of it, or nothing.
   */
  async settle(
    { id, sequence, snapshot_at }: { id: string; sequence: number; snapshot_at: string },
    endings: readonly EndingOf[],
  ): Promise<Ended> {
    return this.inTransaction(async () => {
      const ended = Object.fromEntries(await this.end(endings));
      await this.asIdentity();
      await this.connection.query(
        `INSERT INTO public.audit_events (id, action, outcome, target_type, target_id, details)
         VALUES (gen_random_uuid(), 'backup.restored', 'success', 'backup', $1, $2)`,
        [id, { sequence, snapshot_at, ...ended }],
      );
      return ended;
    });
  }

  /** Every account. */
  accounts(): Promise<readonly Account[]> {
    return this.inTransaction(async () => {
      await this.asIdentity();
      return this.connection.query<Account>(
        `SELECT id, status IN ('closing', 'erasing') AS is_leaving FROM public.users ORDER BY id`,
      );
    });
  }

  /** Past the policies, which are forced on the owner, too: nobody else sees this database yet. */
  private async end(endings: readonly EndingOf[]): Promise<[string, number][]> {
    const ended: [string, number][] = [];
    for (const { name, table, statement } of endings) {
      await this.connection.query(`ALTER TABLE public.${table} NO FORCE ROW LEVEL SECURITY`);
      ended.push([name, await this.connection.change(statement)]);
      await this.connection.query(`ALTER TABLE public.${table} FORCE ROW LEVEL SECURITY`);
    }
    return ended;
  }

  private async asIdentity(): Promise<void> {
    await this.connection.query(`SET LOCAL ROLE ${APPLICATION_ROLE}`);
    await this.connection.query(`SELECT set_config('app.realm', 'identity', true)`);
  }

  private async inTransaction<T>(work: () => Promise<T>): Promise<T> {
    await this.connection.query('BEGIN');
    try {
      const result = await work();
      await this.connection.query('COMMIT');
      return result;
    } catch (error) {
      await this.connection.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}
