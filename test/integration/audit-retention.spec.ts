import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { AuditService } from '../../src/modules/audit/audit.service.js';
import { APPLICATION_ROLE } from '../../src/platform/database/index.js';
import { Schedules } from '../../src/platform/jobs/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asOwner } from '../support/database.js';
import { asIdentity } from '../support/factories.js';

jest.setTimeout(120_000);

/** The log forgets what is past its time, and nothing else. */
describe('the retention of the audit log', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp({ env: { AUDIT_RETENTION_DAYS: '400' } });
  });
  afterAll(() => server.close());

  /** Only the owner can date an event back. */
  async function insert(days: number, count = 1): Promise<void> {
    const statement = `SELECT set_config('app.realm', 'identity', false);
      INSERT INTO audit_events (id, action, outcome, target_id, occurred_at)
      SELECT gen_random_uuid(), 'test.old', 'success', '${String(days)}', now() - interval '${String(days)} days'
      FROM generate_series(1, ${String(count)});
      SELECT set_config('app.realm', '', false)`;
    const url = server.database.env['DATABASE_OWNER_URL'];
    if (url !== undefined) {
      await asOwner(url, statement);
      return;
    }
    // The one connection of the embedded database is the owner's, in the application's role.
    const dataSource = server.app.get(DataSource);
    await dataSource.query('RESET ROLE');
    for (const part of statement.split(';')) await dataSource.query(part);
    await dataSource.query(`SET ROLE ${APPLICATION_ROLE}`);
  }
  const kept = (): Promise<{ days: string; n: number }[]> =>
    asIdentity(
      server,
      `SELECT target_id AS days, count(*)::int AS n FROM audit_events WHERE action = 'test.old' GROUP BY 1 ORDER BY 1`,
      [],
    );

  test('erases what is older than configured, in rounds, and keeps the rest', async () => {
    await insert(399, 3);
    await insert(401, 2500);
    await server.app.get(AuditService).expire();
    expect(await kept()).toEqual([{ days: '399', n: 3 }]);
  });

  test('stands in the plan of the server', async () => {
    expect((await server.app.get(Schedules).list()).map(({ id }) => id)).toContain('audit.retention');
  });

  test('cannot be set below a year', async () => {
    await expect(startApp({ env: { AUDIT_RETENTION_DAYS: '364' } })).rejects.toThrow('AUDIT_RETENTION_DAYS');
  });
});
