import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { newBackupPlace } from '../../../support/backup.js';
import { asOwner } from '../../../support/database.js';
import type { Cause, CauseWorld } from '../../../support/alerting/cause-world.js';
import { until } from '../../../support/process.js';

const sql = (world: CauseWorld, statement: string): Promise<pg.QueryResult> =>
  asOwner(world.setting('DATABASE_OWNER_URL'), statement);

/** What the receiver of the log tells of itself, as it would have told it so long ago. */
const beat = (world: CauseWorld, age: string, behind: string): Promise<pg.QueryResult> =>
  sql(
    world,
    `INSERT INTO backup.receiver (id, beat_at, stored_through, lag_bytes)
     VALUES (1, now() - interval '${age}', now() - interval '${behind}', 0)
     ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at, stored_through = excluded.stored_through`,
  );

/** Makes a backup, and waits until it is verified. */
async function backup(world: CauseWorld, token: string): Promise<void> {
  const { body } = await world.server.call('POST', '/backups', { token });
  const { id } = body as { id: string };
  await until('the backup is verified', async () => {
    const answer = await world.server.call('GET', `/backups/${id}`, { token });
    const { state, verification } = answer.body as { state: string; verification: string | null };
    if (state === 'failed' || verification === 'failed') throw new Error('the backup has failed');
    return verification === 'verified';
  });
}

/** What is kept, and how it is reached. */
export const STORE_CAUSES: readonly Cause[] = [
  {
    name: 'requests hold all connections because a table is locked, and others get none',
    rules: ['PoolNearlyFull', 'PoolExhausted'],
    needs: 'postgresql',
    prove: async (world) => {
      const server = await world.start();
      const { token } = await world.moveIn();
      const client = new pg.Client({ connectionString: world.setting('DATABASE_OWNER_URL') });
      await client.connect();
      const asked: Promise<unknown>[] = [];
      try {
        await client.query('BEGIN');
        await client.query('LOCK TABLE memories IN ACCESS EXCLUSIVE MODE');
        await world.repeat(
          () => {
            asked.push(server.call('GET', '/memories', { token }).catch(() => undefined));
            return Promise.resolve();
          },
          'PoolNearlyFull',
          'PoolExhausted',
        );
      } finally {
        await client.end();
      }
      await Promise.all(asked);
      await world.end('PoolNearlyFull', 'PoolExhausted');
    },
  },
  {
    name: 'nobody can look for jobs, as their table is locked',
    rules: ['ComponentDown'],
    needs: 'postgresql',
    prove: async (world) => {
      await world.start({ JOBS_POLL_INTERVAL: '200' });
      const client = new pg.Client({ connectionString: world.setting('DATABASE_OWNER_URL') });
      await client.connect();
      try {
        await client.query('BEGIN');
        await client.query('LOCK TABLE jobs.job IN ACCESS EXCLUSIVE MODE');
        await world.fire('ComponentDown');
      } finally {
        await client.end();
      }
      await world.end('ComponentDown');
    },
  },
  {
    name: 'jobs are queued and nobody takes them',
    rules: ['QueueDeep'],
    needs: 'postgresql',
    prove: async (world) => {
      await world.start();
      await sql(
        world,
        `INSERT INTO jobs.job (id, queue, payload, due_at)
         SELECT gen_random_uuid(), 'test.forgotten', '{}', now() FROM generate_series(1, 1001)`,
      );
      await world.fire('QueueDeep');
      await sql(world, `DELETE FROM jobs.job WHERE queue = 'test.forgotten'`);
      await world.end('QueueDeep');
    },
  },
  {
    name: 'a job has failed for good',
    rules: ['DeadLetters'],
    needs: 'postgresql',
    prove: async (world) => {
      await world.start();
      const id = randomUUID();
      await sql(
        world,
        `INSERT INTO jobs.dead_letter (id, queue, payload, priority, attempts, created_at)
         VALUES ('${id}', 'test.forgotten', '{}', 0, 3, now())`,
      );
      await world.fire('DeadLetters');
      await sql(world, `DELETE FROM jobs.dead_letter WHERE id = '${id}'`);
      await world.end('DeadLetters');
    },
  },
  {
    name: 'the last backup and its proof become old, and one is found missing',
    rules: ['BackupStale', 'BackupUnverified', 'BackupFaulty'],
    needs: 'postgresql',
    prove: async (world) => {
      const place = await newBackupPlace();
      try {
        await world.start(place.env);
        const { token } = await world.moveIn();
        await backup(world, token);
        await sql(
          world,
          `UPDATE backup.run SET finished_at = finished_at - interval '27 hours', snapshot_at = snapshot_at - interval '27 hours',
             verified_at = verified_at - interval '53 hours'`,
        );
        await world.fire('BackupStale', 'BackupUnverified');
        await sql(world, `UPDATE backup.run SET stored = 'missing'`);
        await world.fire('BackupFaulty');
        await sql(world, `UPDATE backup.run SET stored = 'present'`);
        await backup(world, token);
        await world.end('BackupStale', 'BackupUnverified', 'BackupFaulty');
        await world.server.kill();
      } finally {
        await place.drop();
      }
    },
  },
  {
    name: 'the receiver of the write-ahead log stores nothing more, and then falls silent',
    rules: ['WalLag', 'WalReceiverSilent'],
    needs: 'postgresql',
    prove: async (world) => {
      await world.start();
      await beat(world, '0', '10 minutes');
      await world.fire('WalLag');
      await beat(world, '10 minutes', '10 minutes');
      await world.fire('WalReceiverSilent');
      await beat(world, '0', '0');
      await world.end('WalLag', 'WalReceiverSilent');
    },
  },
];
