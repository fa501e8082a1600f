/** Households with accounts and memories, made through the public API, as people would. */
import { randomBytes } from 'node:crypto';
import { addressOf, content, type Account } from './behaviour.mjs';
import { Client } from './client.js';

/** What a world is made of. */
export interface Plan {
  readonly users: number;
  readonly household: number;
  /** Of each household. */
  readonly memories: number;
  /** For the first account of an empty server that others can reach. */
  readonly setupToken?: string | undefined;
}

/** As many households are made at once: a password takes a while to hash, on one core each. */
const AT_ONCE = 2;
/** Memories in a request; the server takes 500. */
const BATCH = 100;

/** Makes the accounts that a load needs. @throws Error with the answer that was not a good one */
export async function settle(url: string, { users, household, memories, setupToken }: Plan): Promise<Account[]> {
  const run = randomBytes(4).toString('hex');
  const password = randomBytes(18).toString('base64url');
  const accounts = Array.from({ length: users }, (_, at) => ({
    email: `user-${String(at)}-${run}@load.example.org`,
    password,
  }));
  const households = Array.from({ length: Math.ceil(users / household) }, (_, at) => at * household);
  const moveIn = (first: number): Promise<void> =>
    newHousehold(url, accounts.slice(first, first + household), first, memories, setupToken);
  const [founding, ...others] = households;
  // The first account of a server is made while there is no other one.
  if (founding !== undefined) await moveIn(founding);
  const queue = others.values();
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const first of queue) await moveIn(first);
  });
  await Promise.all(workers);
  return accounts;
}

/** A parent with an account, who remembers things, and the others by invitation. */
async function newHousehold(
  url: string,
  accounts: readonly Account[],
  first: number,
  memories: number,
  setupToken: string | undefined,
): Promise<void> {
  const clients = accounts.map((_, at) => new Client(url, addressOf(first + at)));
  try {
    const [parent, ...others] = accounts;
    const [client, ...otherClients] = clients;
    if (!parent || !client) return;
    const names = { first_name: 'Parent', last_name: 'Load', family_name: `Household ${String(first)}` };
    const proof = first === 0 && setupToken !== undefined ? { setup_token: setupToken } : {};
    const register = { method: 'POST', path: '/api/v1/auth/register' };
    await client.expect(201, { ...register, body: { ...parent, ...names, ...proof } });
    const login = { method: 'POST', path: '/api/v1/auth/login', body: parent };
    const { access_token: token } = (await client.expect(200, login)) as { access_token: string };
    for (const [at, account] of others.entries()) {
      const invite = { method: 'POST', path: '/api/v1/family/invitations', token, body: { role: 'parent' } };
      const { code } = (await client.expect(201, invite)) as { code: string };
      const body = { ...account, first_name: `Member ${String(at)}`, invitation: code };
      await otherClients[at]?.expect(201, { ...register, body });
    }
    for (let made = 0; made < memories; made += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, memories - made) }, () => ({
        content: content(Math.random),
        visibility: 'family',
      }));
      await client.expect(201, { method: 'POST', path: '/api/v1/memories/batch', token, body: { memories: batch } });
    }
  } finally {
    for (const client of clients) client.close();
  }
}
