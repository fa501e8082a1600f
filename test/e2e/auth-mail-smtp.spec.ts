import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DeadLetters } from '../../src/platform/jobs/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { as, asIdentity, newFirstAdmin, nobody, type FamilyMember } from '../support/factories.js';
import { MailServer, parse } from '../support/mail/mail-server.js';
import { tokenIn } from '../support/mail/outbox.js';
import { freePort, until } from '../support/process.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function start(port: number): Promise<TestApp> {
  const server = await startApp({
    env: {
      REGISTRATION: 'open',
      SMTP_URL: `smtp://127.0.0.1:${String(port)}`,
      SMTP_REQUIRE_TLS: 'false',
      SMTP_TIMEOUT: '20',
      MAIL_FROM: 'Family <family@example.org>',
      PUBLIC_URL: 'https://family.example.org',
      JOBS_POLL_INTERVAL: '50',
    },
  });
  closing.push(() => server.close());
  return server;
}

async function mailServer(port?: number): Promise<MailServer> {
  const server = await MailServer.start(port === undefined ? {} : { port });
  closing.push(() => server.close());
  return server;
}

interface Waiting {
  readonly attempts: number;
  readonly state: string;
  readonly error: string | null;
}

const queue = (server: TestApp): Promise<Waiting[]> =>
  asIdentity<Waiting>(server, `SELECT attempts, state, error FROM jobs.job WHERE queue = 'auth.mail' ORDER BY id`, []);

/** Lets the retries of the queue be due, which wait for longer and longer. */
const hurry = (server: TestApp): Promise<unknown> =>
  asIdentity(server, `UPDATE jobs.job SET due_at = now() WHERE queue = 'auth.mail' AND state = 'retrying'`, []);

async function drained(server: TestApp): Promise<void> {
  await until('the queue is empty', async () => {
    await hurry(server);
    return (await queue(server)).length === 0;
  });
}

const failedAtLeast = (server: TestApp, attempts: number): Promise<boolean | Waiting> =>
  until('a mail has failed', async () => {
    const rows = await queue(server);
    return rows.find((row) => row.attempts >= attempts && row.state === 'retrying');
  });

const forgot = (server: TestApp, { email }: FamilyMember): Promise<{ status: number }> =>
  nobody(server).post('/auth/password/forgot', { email });

describe('mail by a real SMTP server', () => {
  it('arrives once, whole, with a link that works', async () => {
    const smtp = await mailServer();
    const server = await start(smtp.port);
    const parent = await newFirstAdmin(server);
    await drained(server);
    expect(smtp.received).toMatchObject([{ from: 'family@example.org', to: [parent.email] }]);
    const { text = '', subject, html = '' } = await parse(smtp.received[0]?.raw ?? '');
    expect(subject).toBe('Confirm your email address');
    const token = tokenIn({ text });
    expect(html).toContain(`href="https://family.example.org/account/email#${token}"`);
    expect(await nobody(server).post('/auth/email/verify', { token })).toMatchObject({ status: 204 });
    expect(await as(server, parent).get('/auth/me')).toMatchObject({ body: { email_verified: true } });
  });

  it('waits while the server is down: requests answer, and it arrives exactly once when the server is up', async () => {
    const port = await freePort();
    const server = await start(port);
    const parent = await newFirstAdmin(server);
    expect(await forgot(server, parent)).toMatchObject({ status: 202 });
    await failedAtLeast(server, 1);
    await hurry(server);
    expect(await failedAtLeast(server, 2)).toMatchObject({ error: 'MailNotSent' });

    const smtp = await mailServer(port);
    await drained(server);
    const mails = await Promise.all(smtp.received.map(({ raw }) => parse(raw)));
    expect(mails.map(({ subject }) => subject).sort()).toEqual(['Confirm your email address', 'Set a new password']);
    const reset = mails.find(({ subject }) => subject === 'Set a new password');
    const token = tokenIn({ text: reset?.text ?? '' });
    const body = { token, new_password: 'copper-lantern-27-orchards' };
    expect(await nobody(server).post('/auth/password/reset', body)).toMatchObject({ status: 204 });
  });

  it('is tried again where the server greylists, and arrives once', async () => {
    const smtp = await mailServer();
    smtp.next.push({ at: 'rcpt', code: 451 }, { at: 'rcpt', code: 450 }, { at: 'data', code: 421 });
    const server = await start(smtp.port);
    const parent = await newFirstAdmin(server);
    await drained(server);
    expect(smtp.attempts).toBe(4);
    expect(smtp.received).toMatchObject([{ to: [parent.email] }]);
  });

  it('becomes a dead letter at once where the server will never take it; nothing personal is in it', async () => {
    const smtp = await mailServer();
    smtp.next.push({ at: 'rcpt', code: 550 });
    const server = await start(smtp.port);
    const parent = await newFirstAdmin(server);
    const letters = server.app.get(DeadLetters);
    const [letter] = await until('a dead letter', async () => {
      const found = await letters.list({ queue: 'auth.mail' });
      return found.length > 0 && found;
    });
    expect(letter).toMatchObject({ attempts: 1, error: 'MailRefused', payload: { mail: 'verify' } });
    expect(JSON.stringify(letter)).not.toContain(parent.email);
    expect(smtp.received).toEqual([]);

    // Replayed once the server takes it, it is written anew.
    await letters.replay({ queue: 'auth.mail' });
    await drained(server);
    expect(smtp.received).toMatchObject([{ to: [parent.email] }]);
  });

  it('holds up no request while the server is slow, and no other mail', async () => {
    const smtp = await mailServer();
    smtp.next.push({ at: 'rcpt', hang: true });
    const server = await start(smtp.port);
    const parent = await newFirstAdmin(server);
    await until('the server hangs', () => smtp.attempts === 1);
    expect(await forgot(server, parent)).toMatchObject({ status: 202 });
    await until('another mail overtakes', () => smtp.received.length === 1);
    await until('only the one that hangs is left', async () => {
      const states = (await queue(server)).map(({ state }) => state);
      return states.length === 1 && states[0] === 'running';
    });
  });

  it('is not sent any more when a newer request has replaced it', async () => {
    const port = await freePort();
    const server = await start(port);
    const parent = await newFirstAdmin(server);
    for (let round = 0; round < 3; round += 1) expect(await forgot(server, parent)).toMatchObject({ status: 202 });
    const smtp = await mailServer(port);
    await drained(server);
    const subjects = await Promise.all(smtp.received.map(async ({ raw }) => (await parse(raw)).subject));
    expect(subjects.filter((subject) => subject === 'Set a new password')).toHaveLength(1);
  });

  it('to a new address goes out although the old one is out of use', async () => {
    const smtp = await mailServer();
    const server = await start(smtp.port);
    const parent = await newFirstAdmin(server);
    await drained(server);
    smtp.next.push({ at: 'rcpt', code: 550 });
    const request = { email: 'next@example.org', password: parent.password };
    expect(await as(server, parent).post('/auth/email/change', request)).toMatchObject({ status: 202 });
    await drained(server);
    expect(smtp.received.at(-1)).toMatchObject({ to: ['next@example.org'] });
    expect(smtp.received).toHaveLength(2);
  });
});
