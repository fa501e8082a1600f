import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { managerOf, TransactionRunner } from '../../src/platform/database/index.js';
import { uuidv7 } from '../../src/platform/ids.js';
import { startApp, type TestApp } from '../support/create-app.js';

let server: TestApp;

beforeAll(async () => {
  server = await startApp({ env: { JOBS_ENABLED: 'false' } });
});
afterAll(() => server.close());

/** How a statement would be done, row-level security included, where reading the whole table is the last resort. */
const planOf = (statement: string, values: readonly unknown[]): Promise<string> =>
  server.app.get(TransactionRunner).runAsIdentity(async (tx) => {
    await managerOf(tx).query('SET LOCAL enable_seqscan = off');
    const rows = await managerOf(tx).query<Record<string, string>[]>(`EXPLAIN ${statement}`, [...values]);
    return rows.flatMap((row) => Object.values(row)).join('\n');
  });

it.each([
  [
    'sessions_ended_idx',
    'LEAST(expires_at, revoked_at)',
    `SELECT id FROM sessions WHERE least(expires_at, revoked_at) < now() - interval '90 days' LIMIT $1`,
    [1000],
  ],
  ['devices_session_idx', 'session_id', 'UPDATE devices SET session_id = NULL WHERE session_id = $1', [uuidv7()]],
  [
    'devices_member_idx',
    'member_id',
    'DELETE FROM devices WHERE family_id = $1 AND member_id = $2',
    [uuidv7(), uuidv7()],
  ],
])('what has ended is found by %s', async (index, key, statement, values) => {
  const plan = await planOf(statement, values);
  expect(plan).toContain(index);
  expect(plan.split('\n').filter((line) => line.includes('Index Cond') && line.includes(key))).toHaveLength(1);
});
