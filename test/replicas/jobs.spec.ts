import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Environment } from '../../src/platform/config/index.js';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { Receiver } from '../support/alerting/receiver.js';
import { MailServer } from '../support/mail/mail-server.js';
import { killServers, until, type ServerProcess } from '../support/process.js';
import { asSuperuser, newFirstPerson, newRelative, Replicas, told, type Person } from '../support/replicas/index.js';

/** How often the schedule is due. */
const RUNS = 20;
/** How often everybody asks for a mail. */
const ROUNDS = 5;

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(300_000);

describe('jobs and schedules of three processes', () => {
  if (!onPostgres) {
    test('are for real servers', () => {
      expect(onPostgres).toBe(false);
    });
    return;
  }

  let database: TestDatabase;
  let smtp: MailServer;
  let env: Environment;

  beforeEach(async () => {
    database = await newDatabase();
    smtp = await MailServer.start();
    env = {
      SMTP_URL: `smtp://127.0.0.1:${String(smtp.port)}`,
      SMTP_REQUIRE_TLS: 'false',
      MAIL_FROM: 'Family <family@example.org>',
      PUBLIC_URL: 'https://family.example.org',
      JOBS_LEASE: '2',
    };
  });
  afterEach(async () => {
    await killServers();
    await smtp.close();
    await database.drop();
  });

  const forgot = (server: ServerProcess, { email }: Person): Promise<unknown> =>
    told(server, 202, 'POST', '/auth/password/forgot', { body: { email } });
  const isDrained = (): Promise<boolean> =>
    until('no mail waits', async () => {
      const rows = await asSuperuser<{ n: number }>(
        database,
        `SELECT count(*)::int AS n FROM jobs.job WHERE queue = 'auth.mail'`,
      );
      return rows[0]?.n === 0;
    });

  test('each job is done once', async () => {
    const replicas = await Replicas.start(database, env);
    const parent = await newFirstPerson(replicas.at(0));
    const people = [parent];
    for (let index = 1; index < 6; index += 1) people.push(await newRelative(replicas.at(index), parent, 'teenager'));
    await isDrained();
    const before = smtp.received.length;
    expect(before).toBe(people.length);
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(people.map((person, index) => forgot(replicas.at(index + round), person)));
      await isDrained();
    }
    const mails = smtp.received.slice(before);
    // Each has a link of its own.
    expect(new Set(mails.map(({ raw }) => raw)).size).toBe(mails.length);
    for (const { email } of people) expect(mails.filter(({ to }) => to.includes(email))).toHaveLength(ROUNDS);
  });

  test('a job whose process is killed is done by another one, once', async () => {
    const first = await Replicas.start(database, env, { count: 1 });
    const parent = await newFirstPerson(first.at(0));
    await isDrained();
    const before = smtp.received.length;
    smtp.next.push({ at: 'rcpt', hang: true });
    await forgot(first.at(0), parent);
    // It is the only one, so the job is its own.
    await until('the mail server keeps it waiting', () => smtp.next.length === 0);
    const others = await Replicas.start(database, env, { count: 2 });
    await first.at(0).kill();
    await isDrained();
    expect(smtp.received.slice(before).map(({ to }) => to)).toEqual([[parent.email]]);
    expect(others.all.map(({ hasEnded }) => hasEnded)).toEqual([false, false]);
  });

  test('a schedule runs once each time that it is due', async () => {
    const receiver = await Receiver.start();
    try {
      await Replicas.start(database, { ...env, ALERTS_WEBHOOK_URL: receiver.url, JOBS_POLL_INTERVAL: '50' });
      for (let run = 1; run <= RUNS; run += 1) {
        await asSuperuser(
          database,
          `UPDATE jobs.schedule SET due_at = now(), finished_at = NULL WHERE id = 'alerting.canary'`,
        );
        await until('it has run', async () => {
          const rows = await asSuperuser<{ outcome: string }>(
            database,
            `SELECT outcome FROM jobs.schedule WHERE id = 'alerting.canary' AND lease IS NULL AND finished_at IS NOT NULL`,
          );
          return rows[0]?.outcome === 'succeeded';
        });
        expect(receiver.saying('Alerting works')).toHaveLength(run);
      }
    } finally {
      await receiver.close();
    }
  });
});
