import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AuditTrail, type AuditEvent } from '../../src/platform/audit/index.js';
import { managerOf, sqlState, TransactionRunner, type Transaction } from '../../src/platform/database/index.js';
import { uuidv7 } from '../../src/platform/ids.js';
import { PrincipalSource, type Principal } from '../../src/platform/security/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asIdentity, newFamily, newFirstAdmin, type FamilyMember, type TestFamily } from '../support/factories.js';

jest.setTimeout(120_000);

const INSUFFICIENT_PRIVILEGE = '42501';
const CHECK_VIOLATION = '23514';

interface Row {
  readonly action: string;
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly request_id: string | null;
  readonly details: object;
}

/** The log behind everything: what the application's own role can and cannot do to it. */
describe('the audit log', () => {
  let server: TestApp;
  let runner: TransactionRunner;
  let trail: AuditTrail;
  let ours: TestFamily;
  let theirs: TestFamily;
  let viewer: Principal;
  let mark: string;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    runner = server.app.get(TransactionRunner);
    trail = server.app.get(AuditTrail);
    await newFirstAdmin(server);
    [ours, theirs] = [await newFamily(server, 'Ours'), await newFamily(server, 'Theirs')];
    viewer = await principalOf(ours.parent);
  });
  beforeEach(() => {
    mark = uuidv7();
  });
  afterAll(() => server.close());

  async function principalOf({ accessToken }: FamilyMember): Promise<Principal> {
    const principal = await server.app.get(PrincipalSource).authenticate(accessToken, false);
    if (!principal) throw new Error('not signed in');
    return principal;
  }

  const event = (more: Partial<AuditEvent> = {}): AuditEvent => ({
    action: 'test.event',
    outcome: 'success',
    targetId: mark,
    ...more,
  });
  const recorded = (): Promise<Row[]> =>
    asIdentity<Row>(server, 'SELECT * FROM audit_events WHERE target_id = $1', [mark]);
  const stateOf = (work: Promise<unknown>): Promise<string | undefined> =>
    work.then(
      () => 'done',
      (error: unknown) => sqlState(error),
    );

  const TRANSACTIONS: readonly [string, (work: (tx: Transaction) => Promise<void>) => Promise<void>][] = [
    ['a person', (work) => runner.run(viewer, work)],
    ['nobody yet', (work) => runner.runAsIdentity(work)],
    ['a job of a family', (work) => runner.runAsWorker(ours.familyId, work)],
    ['a job of the server', (work) => runner.runAsWorker(null, work)],
  ];

  test.each(TRANSACTIONS)('takes events in a transaction of %s', async (_who, run) => {
    await run((tx) => trail.record(tx, event({ actorUserId: viewer.userId, familyId: ours.familyId })));
    expect(await recorded()).toMatchObject([{ action: 'test.event', outcome: 'success', request_id: null }]);
  });

  test('takes none of a transaction that fails', async () => {
    const failing = runner.runAsIdentity(async (tx) => {
      await trail.record(tx, event());
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await recorded()).toEqual([]);
  });

  test.each(TRANSACTIONS)('cannot be changed, erased or emptied in a transaction of %s', async (_who, run) => {
    await run((tx) => trail.record(tx, event({ actorUserId: viewer.userId })));
    for (const statement of [
      `UPDATE audit_events SET outcome = 'refused'`,
      'UPDATE audit_events SET address = NULL WHERE false',
      'DELETE FROM audit_events',
      'DELETE FROM audit_events WHERE false',
      'TRUNCATE audit_events',
      'DROP TABLE audit_events',
      'ALTER TABLE audit_events DISABLE ROW LEVEL SECURITY',
      `INSERT INTO audit_events (id, action, outcome, occurred_at) VALUES ('${uuidv7()}', 'test.event', 'success', now())`,
    ]) {
      const tried = run(async (tx) => {
        await managerOf(tx).query(statement);
      });
      expect([statement, await stateOf(tried)]).toEqual([statement, INSUFFICIENT_PRIVILEGE]);
    }
    expect(await recorded()).toHaveLength(1);
  });

  test('is expired by nobody before 365 days, whatever they ask for', async () => {
    await runner.runAsIdentity((tx) => trail.record(tx, event()));
    for (const days of [0, 1, -1000, null]) {
      const expired = await runner.runAsWorker(null, (tx) =>
        managerOf(tx).query<{ n: number }[]>('SELECT app.expire_audit_events($1, 1000) AS n', [days]),
      );
      expect(expired).toEqual([{ n: 0 }]);
    }
    expect(await recorded()).toHaveLength(1);
  });

  test('hears of no other actor and of no other family from a person', async () => {
    for (const lie of [
      { actorUserId: theirs.parent.userId },
      { actorUserId: null },
      { actorUserId: viewer.userId, familyId: theirs.familyId },
    ]) {
      const told = runner.run(viewer, (tx) => trail.record(tx, event(lie)));
      expect(await stateOf(told)).toBe(INSUFFICIENT_PRIVILEGE);
    }
    expect(await recorded()).toEqual([]);
  });

  test('shows a person what they did and what concerns them, and nothing else', async () => {
    await runner.runAsIdentity(async (tx) => {
      await trail.record(tx, event({ action: 'test.mine', actorUserId: viewer.userId }));
      await trail.record(tx, event({ action: 'test.about_me', subjectUserId: viewer.userId }));
      await trail.record(tx, event({ action: 'test.in_my_family', familyId: ours.familyId }));
      await trail.record(tx, event({ action: 'test.theirs', actorUserId: theirs.parent.userId }));
    });
    const select = (tx: Transaction): Promise<Row[]> =>
      managerOf(tx).query<Row[]>('SELECT action FROM audit_events WHERE target_id = $1 ORDER BY action', [mark]);
    expect(await runner.run(viewer, select)).toEqual([{ action: 'test.about_me' }, { action: 'test.mine' }]);
    expect(await runner.runAsWorker(ours.familyId, select)).toEqual([]);
  });

  test('refuses a malformed action, outcome or secret', async () => {
    for (const bad of [{ action: 'Login' }, { action: 'login' }, { outcome: 'maybe' as 'success' }]) {
      expect(await stateOf(runner.runAsIdentity((tx) => trail.record(tx, event(bad))))).toBe(CHECK_VIOLATION);
    }
    const secret = runner.runAsIdentity((tx) => trail.record(tx, event({ details: { refresh_token: 'x' } })));
    await expect(secret).rejects.toThrow(RangeError);
    expect(await recorded()).toEqual([]);
  });
});
