import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  nobody,
  PASSWORD,
  problem,
  uniqueEmail,
  type Answer,
  type Caller,
  type FamilyMember,
} from '../support/factories.js';
import { newestToken } from '../support/mail/outbox.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const ORIGIN = 'https://family.example.org';

/** A shared Redis may count other runs too, so every caller has a network of their own. */
const newAddress = (): string =>
  `2001:db8:${randomBytes(4)
    .toString('hex')
    .replace(/(....)/, '$1:')}::7`;

let server: TestApp;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', PUBLIC_URL: ORIGIN } });
  await newFirstAdmin(server);
});
afterAll(() => server.close());

const newPerson = async (): Promise<FamilyMember> => (await newFamily(server)).parent;
const verify = (token: string): Promise<unknown> => nobody(server).post('/auth/email/verify', { token });

describe('the audit log', () => {
  const events = (where: string, value: string): Promise<object[]> =>
    asIdentity(
      server,
      `SELECT action, outcome, actor_user_id, subject_user_id, details FROM audit_events WHERE ${where} = $1 ORDER BY id`,
      [value],
    );

  it('has that a password was forgotten, and nothing of whose', async () => {
    const person = await newPerson();
    const asked: object[][] = [];
    for (const email of [person.email, uniqueEmail('stranger')]) {
      const { headers } = await nobody(server).post('/auth/password/forgot', { email });
      asked.push(await events('request_id', headers['x-request-id'] ?? ''));
    }
    const event = { action: 'auth.password_forgot', outcome: 'success', actor_user_id: null, subject_user_id: null };
    expect(asked).toEqual([[{ ...event, details: {} }], [{ ...event, details: {} }]]);
  });

  it('has that somebody asked for another link, while there is one to be sent', async () => {
    const person = await newPerson();
    const ask = async (): Promise<object[]> => {
      const { headers } = await as(server, person).post('/auth/email/verify/request');
      return events('request_id', headers['x-request-id'] ?? '');
    };
    expect(await ask()).toMatchObject([{ action: 'auth.email_verify_request', subject_user_id: person.userId }]);
    await verify(await newestToken(server, person.email, 'email'));
    expect(await ask()).toEqual([]);
  });

  it('tells whoever lost an address to its owner, and not to whom', async () => {
    const [owner, squatter] = [await newPerson(), await newPerson()];
    await as(server, owner).post('/auth/email/change', { email: squatter.email, password: PASSWORD });
    await verify(await newestToken(server, squatter.email, 'email'));
    const { body } = await as(server, squatter).get<{ data: object[] }>('/audit/me?action=account.email_lost');
    expect(body.data).toMatchObject([{ outcome: 'success', details: {} }]);
    expect(JSON.stringify(body)).not.toContain(owner.userId);
    expect(JSON.stringify(body)).not.toContain(squatter.email);
  });
});

describe('limits of mails', () => {
  it('hold per address of the caller, with the address of the mail and without, whether anybody has it or not', async () => {
    // A multiplier of 1 is the limit as it stands. On the servers Redis counts, so the addresses are new ones.
    const limited = await startApp({
      env: { REGISTRATION: 'open', RATE_LIMIT_MULTIPLIER: '1', TRUSTED_PROXIES: '127.0.0.1', PUBLIC_URL: ORIGIN },
    });
    try {
      const from = (): Caller => nobody(limited).with({ 'x-forwarded-for': newAddress() });
      const target = uniqueEmail('target');
      const ask = (caller: Caller): Promise<Answer<unknown>> => caller.post('/auth/password/forgot', { email: target });
      const answers = async (caller: () => Caller, times: number): Promise<number[]> => {
        const all: number[] = [];
        for (let round = 0; round < times; round += 1) all.push((await ask(caller())).status);
        return all;
      };
      const stranger = from();
      expect(await answers(() => stranger, 6)).toEqual([202, 202, 202, 202, 202, 429]);
      expect(await ask(stranger)).toMatchObject(problem(429, 'rate_limit_exceeded'));
      // They keep nobody else from it, unless they come from many networks.
      expect(await answers(from, 45)).toEqual(Array<number>(45).fill(202));
      expect(await ask(from())).toMatchObject(problem(429, 'rate_limit_exceeded'));

      const caller = from();
      const many = await Promise.all(
        Array.from({ length: 25 }, () => caller.post('/auth/password/forgot', { email: uniqueEmail('other') })),
      );
      expect(many.filter(({ status }) => status === 202)).toHaveLength(20);
      expect(many.filter(({ status }) => status === 429)).toHaveLength(5);
    } finally {
      await limited.close();
    }
  });
});
