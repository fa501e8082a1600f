import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newDatabase, type TestDatabase } from '../support/database.js';
import {
  killServers,
  moveIn,
  ServerProcess,
  serversControl,
  until,
  type Answer,
  type Resident,
} from '../support/process.js';

/** How often a test kills: 4 times in the ordinary run, 20 in `make test-faults`. */
const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? '4');
const SEED = Number(process.env['FAULT_SEED'] ?? '20261121');
const WRITERS = 8;

const control = serversControl();

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(60_000 + ROUNDS * 60_000);

/**
 * Durability: a write that was answered with 201 is there after any crash. The ledger of such writes is kept by the
 * test, outside of everything that is killed.
 */
describe('kill -9 under concurrent writes', () => {
  let database: TestDatabase;
  let ledger: Ledger;

  beforeEach(async () => {
    database = await newDatabase();
    ledger = new Ledger();
  });
  afterEach(async () => {
    await killServers();
    await database.drop();
  });

  test(`${String(ROUNDS)} times the server: no acknowledged write is lost`, async () => {
    const random = seeded(SEED);
    let server = await ServerProcess.start({ ...database.env, ACCESS_TOKEN_TTL: '3600' });
    const resident = await moveIn(server);

    for (let round = 1; round <= ROUNDS; round += 1) {
      const enough = ledger.acknowledged.size + 5 + Math.floor(random() * 60);
      await ledger.writeUntil(
        server,
        resident,
        () => ledger.acknowledged.size >= enough,
        () => server.kill(),
      );

      // By itself: same folder, same settings, no repair.
      server = await ServerProcess.start({ ...database.env, ACCESS_TOKEN_TTL: '3600' });
      await ledger.verify(server, resident);
    }
    expect(ledger.acknowledged.size).toBeGreaterThanOrEqual(ROUNDS * 5);
  });

  // The embedded database has no other process that could be killed.
  if (control) {
    test(`${String(ROUNDS)} times PostgreSQL: no acknowledged write is lost, the server recovers without a restart`, async () => {
      const random = seeded(SEED + 1);
      const server = await ServerProcess.start({
        ...database.env,
        ACCESS_TOKEN_TTL: '3600',
        DATABASE_CONNECT_TIMEOUT: '1000',
      });
      const resident = await moveIn(server);

      for (let round = 1; round <= ROUNDS; round += 1) {
        const enough = ledger.acknowledged.size + 5 + Math.floor(random() * 60);
        await ledger.writeUntil(
          server,
          resident,
          () => ledger.acknowledged.size >= enough,
          () => control('pg-kill'),
        );
        await control('pg-start');
        expect(server.stderr).toBe('');
        await until('the server is ready again', async () => (await server.fetch('/health/ready')).ok);
        await ledger.verify(server, resident);
      }
      expect(server.hasEnded).toBe(false);
    });
  }
});

/** What was asked to be written, and what of it was promised. */
class Ledger {
  readonly asked = new Set<string>();
  readonly acknowledged = new Map<string, string>();

  /** Writes from several clients at once; when `isEnough`, calls `strike` while they go on, and returns when all have failed. */
  async writeUntil(
    server: ServerProcess,
    { token }: Resident,
    isEnough: () => boolean,
    strike: () => Promise<unknown>,
  ): Promise<void> {
    let struck: Promise<unknown> | undefined;
    const write = async (): Promise<void> => {
      for (;;) {
        const name = `Member ${String(this.asked.size)}`;
        this.asked.add(name);
        try {
          const body = { first_name: name, role: 'child' };
          const answer = (await server.call('POST', '/family/members', { token, body })) as Answer<{ id: string }>;
          if (answer.status !== 201) return; // the database is away
          this.acknowledged.set(answer.body.id, name);
        } catch {
          return; // the server is away: whether the write was made is unknown, and either is right
        }
        if (isEnough()) struck ??= strike();
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
    expect(struck).toBeDefined(); // they stopped because of the blow, not of something else
    await struck;
  }

  /** Reads all members and compares: all that was promised, nothing that was never asked, nothing twice. */
  async verify(server: ServerProcess, resident: Resident): Promise<void> {
    const found = (await everyMember(server, resident)).filter(({ first_name }) => first_name !== 'Ada');
    const names = new Map(found.map(({ id, first_name }) => [id, first_name]));
    const lost = [...this.acknowledged].filter(([id, name]) => names.get(id) !== name);
    expect(lost).toEqual([]);
    expect(found.filter(({ first_name }) => !this.asked.has(first_name))).toEqual([]);
    expect(new Set(names.values()).size).toBe(found.length);
  }
}

interface Member {
  readonly id: string;
  readonly first_name: string;
}

interface Page {
  readonly data: readonly Member[];
  readonly next_cursor: string | null;
}

async function everyMember(server: ServerProcess, { token }: Resident): Promise<Member[]> {
  const members: Member[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await server.call('GET', `/family/members?limit=100${after}`, { token })) as Answer<Page>;
    expect(page.status).toBe(200);
    members.push(...page.body.data);
    cursor = page.body.next_cursor;
  }
  return members;
}

/** Pseudo-random numbers that are the same in every run (mulberry32, public domain). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
