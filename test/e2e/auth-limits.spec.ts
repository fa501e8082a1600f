import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newFamily,
  newFirstAdmin,
  nobody,
  PASSWORD,
  problem,
  signIn,
  uniqueEmail,
  type Answer,
  type Caller,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

interface Refusal {
  readonly code?: string;
  readonly retry_after?: number;
}

let server: TestApp;

/** A shared Redis may count other runs too, so every test comes from networks of its own. */
const newAddress = (): string =>
  `2001:db8:${randomBytes(4)
    .toString('hex')
    .replace(/(....)/, '$1:')}::7`;

/** The server as somebody at another address sees it. */
const from = (address: string): TestApp => ({ ...server, http: () => server.http().set('x-forwarded-for', address) });

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', RATE_LIMIT_MULTIPLIER: '1', TRUSTED_PROXIES: '127.0.0.1' } });
  await newFirstAdmin(from(newAddress()));
});
afterAll(() => server.close());

/** Fails until the next attempt has to wait eight seconds, which is longer than whatever a test does after it. */
async function failUntilHeldBack(attempts: () => Promise<Answer<Refusal>>[]): Promise<Answer<Refusal>> {
  for (let round = 0; round < 40; round += 1) {
    const answers = await Promise.all(attempts());
    const held = answers.find(({ body }) => body.code === 'too_many_failures' && (body.retry_after ?? 0) >= 8);
    if (held) return held;
    await pause(1000);
  }
  throw new Error('nobody was held back');
}

const wrongLogin = (caller: Caller, email: string): Promise<Answer<Refusal>> =>
  caller.post<Refusal>('/auth/login', { email, password: 'wrong' });

const fewWrongLogins = (caller: Caller, email: string) => (): Promise<Answer<Refusal>>[] =>
  Array.from({ length: 3 }, () => wrongLogin(caller, email));

describe('guessing passwords', () => {
  it('is held back, longer and longer, and says for how long', async () => {
    const guesser = from(newAddress());
    const { email } = (await newFamily(from(newAddress()))).parent;
    const held = await failUntilHeldBack(fewWrongLogins(nobody(guesser), email));
    expect(held).toMatchObject(problem(429, 'too_many_failures'));
    expect(held.headers['retry-after']).toBe(String(held.body.retry_after));
    expect(held.body.retry_after).toBeLessThanOrEqual(900);
  });

  it('is counted one by one, also when fifty guesses come at once', async () => {
    const guesser = from(newAddress());
    const { email } = (await newFamily(from(newAddress()))).parent;
    const answers = await Promise.all(Array.from({ length: 50 }, () => wrongLogin(nobody(guesser), email)));
    const guessed = answers.filter(({ status }) => status === 401).length;
    // Five are free; the waits of one, two and four seconds may end while the fifty are under way on a slow machine.
    expect(guessed).toBeGreaterThanOrEqual(5);
    expect(guessed).toBeLessThanOrEqual(9);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(50 - guessed);
  });

  it('is held back at every door, also when the password is right at last', async () => {
    const guesser = from(newAddress());
    const { email } = (await newFamily(from(newAddress()))).parent;
    await failUntilHeldBack(fewWrongLogins(nobody(guesser), email));

    expect(await nobody(guesser).post('/auth/login', { email, password: PASSWORD })).toMatchObject(
      problem(429, 'too_many_failures'),
    );
    const token = nobody(guesser).post('/auth/token', { grant_type: 'password', username: email, password: PASSWORD });
    expect(await token).toMatchObject(problem(429, 'too_many_failures'));
  });

  it('holds back neither another account at the same address nor the same account elsewhere', async () => {
    const [guesser, home] = [from(newAddress()), from(newAddress())];
    const { email } = (await newFamily(home)).parent;
    const other = (await newFamily(home)).parent;
    await failUntilHeldBack(fewWrongLogins(nobody(guesser), email));

    await expect(signIn(guesser, other.email)).resolves.toMatchObject({ userId: other.userId });
    await expect(signIn(home, email)).resolves.toMatchObject({ email });
  });

  it('counts a network of IPv6 as one address', async () => {
    const address = newAddress();
    const { email } = (await newFamily(from(newAddress()))).parent;
    await failUntilHeldBack(fewWrongLogins(nobody(from(address)), email));
    expect(await wrongLogin(nobody(from(address.replace(/7$/, 'abcd:1'))), email)).toMatchObject(
      problem(429, 'too_many_failures'),
    );
  });

  it('is held back for names that nobody has, just the same', async () => {
    const held = await failUntilHeldBack(fewWrongLogins(nobody(from(newAddress())), uniqueEmail('nobody')));
    expect(held).toMatchObject(problem(429, 'too_many_failures'));
  });

  it('from many addresses holds the account back everywhere but where it is at home', async () => {
    const home = from(newAddress());
    const { email } = (await newFamily(home)).parent;
    await failUntilHeldBack(() => Array.from({ length: 28 }, () => wrongLogin(nobody(from(newAddress())), email)));

    const elsewhere = nobody(from(newAddress())).post('/auth/login', { email, password: PASSWORD });
    expect(await elsewhere).toMatchObject(problem(429, 'too_many_failures'));
    await expect(signIn(home, email)).resolves.toMatchObject({ email });
  });

  it('is forgiven when the person remembers', async () => {
    const home = from(newAddress());
    const { email } = (await newFamily(home)).parent;
    for (let day = 0; day < 3; day += 1) {
      for (let mistake = 0; mistake < 4; mistake += 1) {
        expect(await wrongLogin(nobody(home), email)).toMatchObject(problem(401, 'invalid_credentials'));
      }
      await signIn(home, email);
    }
  });

  it('is held back where a password is changed, too', async () => {
    const home = from(newAddress());
    const { parent } = await newFamily(home);
    const change = (current_password: string): Promise<Answer<Refusal>> =>
      as(home, parent).post('/auth/password/change', { current_password, new_password: 'lanterns over the harbour' });
    await failUntilHeldBack(() => Array.from({ length: 3 }, () => change('wrong')));
    expect(await change(PASSWORD)).toMatchObject(problem(429, 'too_many_failures'));
    await expect(signIn(home, parent.email)).resolves.toMatchObject({ userId: parent.userId });
  });
});

describe('limits', () => {
  it('are told in headers, and exact when requests come at the same moment', async () => {
    const caller = nobody(from(newAddress()));
    const first = await caller.post('/auth/login', {});
    expect(first.headers['ratelimit-policy']).toBe('"login";q=60;w=60');
    expect(first.headers['ratelimit']).toMatch(/^"login";r=59;t=(60|59)$/);

    const answers = await Promise.all(Array.from({ length: 70 }, () => caller.post<Refusal>('/auth/login', {})));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(59);
    const refused = answers.filter(({ status }) => status !== 400);
    expect(refused).toHaveLength(11);
    for (const answer of refused) {
      expect(answer).toMatchObject(problem(429, 'rate_limit_exceeded'));
      expect(answer.headers['retry-after']).toBe(String(answer.body.retry_after));
      expect(answer.headers['ratelimit']).toMatch(/^"login";r=0;t=\d+$/);
      expect(answer.body.retry_after).toBeGreaterThan(0);
      expect(answer.body.retry_after).toBeLessThanOrEqual(60);
    }
  });

  it('of one address are not those of another', async () => {
    const caller = nobody(from(newAddress()));
    await Promise.all(Array.from({ length: 61 }, () => caller.post('/auth/login', {})));
    expect(await caller.post('/auth/login', {})).toMatchObject(problem(429, 'rate_limit_exceeded'));
    expect(await nobody(from(newAddress())).post('/auth/login', {})).toMatchObject({ status: 400 });
  });

  it('count people by themselves, wherever they are', async () => {
    const left = async (address: string, bearer: string): Promise<number> => {
      const { headers } = await as(from(address), { bearer }).get('/auth/me');
      expect(headers['ratelimit-policy']).toBe('"default";q=600;w=60');
      return Number(/r=(\d+)/.exec(headers['ratelimit'] ?? '')?.[1]);
    };
    const [home, office] = [newAddress(), newAddress()];
    const one = (await newFamily(from(home))).parent;
    const other = (await newFamily(from(home))).parent;
    const before = await left(home, one.bearer);
    await left(home, other.bearer);
    await left(home, other.bearer);
    expect(await left(office, one.bearer)).toBe(before - 1);
  });

  it('count what is refused, by address', async () => {
    const caller = from(newAddress());
    const stranger = as(caller, { bearer: 'Bearer not.a.token' });
    expect((await stranger.get('/auth/me')).headers['ratelimit']).toMatch(/^"anonymous";r=299;/);
    await Promise.all(Array.from({ length: 299 }, () => stranger.get('/auth/me')));
    expect(await stranger.get('/auth/me')).toMatchObject(problem(429, 'rate_limit_exceeded'));
    expect(await nobody(caller).get('/family')).toMatchObject(problem(429, 'rate_limit_exceeded'));
  });

  it('of signing in are those of the address, whoever asks', async () => {
    const home = newAddress();
    const { parent } = await newFamily(from(home));
    const left = async (caller: Caller): Promise<string | undefined> =>
      (await caller.post('/auth/login', {})).headers['ratelimit'];
    const strange = newAddress();
    expect(await left(nobody(from(strange)))).toMatch(/r=59;/);
    expect(await left(as(from(strange), parent))).toMatch(/r=58;/);
  });
});
