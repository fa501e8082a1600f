import { APPLICATION_ROLE } from '../../platform/database/index.js';
import type { Query } from './connection.repository.js';

/** Writes into a database that was just restored, before it is used. */
export class RestoredRepository {
  constructor(private readonly query: Query) {}

  /** Records in its audit log that it was restored, and from which backup: what came after is not in it. */
  async note({ id, sequence, snapshot_at }: { id: string; sequence: number; snapshot_at: string }): Promise<void> {
    await this.query('BEGIN');
    await this.query(`SET LOCAL ROLE ${APPLICATION_ROLE}`);
    await this.query(`SELECT set_config('app.realm', 'identity', true)`);
    await this.query(
      `INSERT INTO audit_events (id, action, outcome, target_type, target_id, details)
       VALUES (gen_random_uuid(), 'backup.restored', 'success', 'backup', $1, $2)`,
      [id, { sequence, snapshot_at }],
    );
    await this.query('COMMIT');
  }
}
