import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { newBackupPlace, type Backup, type BackupPlace } from '../support/backup.js';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { killServers, until } from '../support/process.js';
import { asSuperuser, newFirstPerson, Replicas, told, type Person } from '../support/replicas/index.js';

// A limit for what hangs: a backup starts other programs.
jest.setTimeout(300_000);

describe('backups of three processes', () => {
  if (!onPostgres) {
    test('are for real servers', () => {
      expect(onPostgres).toBe(false);
    });
    return;
  }

  let database: TestDatabase;
  let place: BackupPlace;
  let replicas: Replicas;
  let admin: Person;

  beforeAll(async () => {
    database = await newDatabase();
    place = await newBackupPlace();
    replicas = await Replicas.start(database, place.env);
    admin = await newFirstPerson(replicas.at(0));
  });
  afterAll(async () => {
    await killServers();
    await database.drop();
    await place.drop();
  });

  interface Timed extends Backup {
    readonly started_at: string;
    readonly finished_at: string;
  }

  test('are made one at a time, whoever was asked, and make one chain', async () => {
    const { token } = admin;
    const ids = new Set<string>();
    // Asked for at once, and again while one is made.
    for (let round = 0; round < 4; round += 1) {
      const asked = await Promise.all(
        replicas.all.map((server) => told<{ id: string }>(server, 202, 'POST', '/backups', { token })),
      );
      for (const { id } of asked) ids.add(id);
    }
    expect(ids.size).toBeGreaterThan(0);
    const made: Timed[] = [];
    for (const id of ids) {
      made.push(
        await until('the backup has ended', async () => {
          const backup = await told<Timed>(replicas.at(made.length), 200, 'GET', `/backups/${id}`, { token });
          if (backup.state === 'failed') throw new Error(JSON.stringify(backup));
          return backup.state === 'succeeded' && backup.verification !== 'pending' && backup;
        }),
      );
    }
    expect(made.map(({ state, verification }) => `${state} ${String(verification)}`)).toEqual(
      made.map(() => 'succeeded verified'),
    );
    const inOrder = made.toSorted((one, other) => one.started_at.localeCompare(other.started_at));
    expect(inOrder.map(({ sequence }) => sequence)).toEqual(inOrder.map((_, index) => index + 1));
    for (const [index, { started_at: started }] of inOrder.entries()) {
      const before = inOrder[index - 1];
      if (before) expect(Date.parse(started)).toBeGreaterThanOrEqual(Date.parse(before.finished_at));
    }
    expect(await place.named('manifest.json')).toHaveLength(ids.size);
  });

  test('that are due are made once', async () => {
    const before = (await place.named('manifest.json')).length;
    await asSuperuser(database, `UPDATE jobs.schedule SET due_at = now() WHERE id = 'backup.daily'`);
    await until('it is made', async () => (await place.named('verified.json')).length > before);
    await until('nothing more is to be done', async () => {
      const rows = await asSuperuser<{ n: number }>(
        database,
        `SELECT count(*)::int AS n FROM jobs.job WHERE queue LIKE 'backup.%'`,
      );
      return rows[0]?.n === 0;
    });
    expect(await place.named('manifest.json')).toHaveLength(before + 1);
  });
});
