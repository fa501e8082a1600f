import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { measured } from '../support/measure.js';
import { killServers } from '../support/process.js';
import { newFirstPerson, newRelative, Replicas, told, type Person } from '../support/replicas/index.js';

/** Random changes, each followed by reads through all processes. */
const CHANGES = Number(process.env['REPLICA_CHANGES'] ?? '60');
const MOST = 12;

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(300_000 + CHANGES * 10_000);

/** A memory of the parent's, as those know it who changed it. */
interface Known {
  readonly id: string;
  token: string;
  isShared: boolean;
}

/** What one process has written the others answer with at once: each holds cached answers from before. */
describe('what is remembered, over three processes', () => {
  if (!onPostgres) {
    test('is for real servers', () => {
      expect(onPostgres).toBe(false);
    });
    return;
  }

  let database: TestDatabase;
  let replicas: Replicas;
  let parent: Person;
  let relative: Person;

  beforeAll(async () => {
    database = await newDatabase();
    replicas = await Replicas.start(database);
    parent = await newFirstPerson(replicas.at(0));
    relative = await newRelative(replicas.at(0), parent, 'teenager');
  });
  afterAll(async () => {
    await killServers();
    await database.drop();
  });

  /** Every word of memories that a process answers somebody with: by search, by list, by profile. */
  const wordsAt = async (index: number, { token }: Person): Promise<string[]> => {
    const server = replicas.at(index);
    const answers = await Promise.all([
      told(server, 200, 'POST', '/memories/search', { token, body: { query: 'who is allergic', limit: 100 } }),
      told(server, 200, 'GET', '/memories?limit=100&status=all', { token }),
    ]);
    return answers.map((answer) => [...new Set(JSON.stringify(answer).match(WORDS) ?? [])].sort().join(' '));
  };

  test(`${String(CHANGES)} random changes: nothing stale at any of them`, async () => {
    const alive: Known[] = [];
    const { token } = parent;
    const stale: string[] = [];
    let reads = 0;
    const change = async (server: ReturnType<Replicas['at']>): Promise<string> => {
      const memory = alive[Math.floor(Math.random() * alive.length)];
      const act = alive.length < 3 ? 'remember' : alive.length >= MOST ? 'forget' : pick(ACTS);
      if (act === 'remember' || !memory) {
        const made: Known = { id: '', token: newWord(), isShared: Math.random() < 0.5 };
        const visibility = made.isShared ? 'family' : 'private';
        const body = { content: `I am allergic to ${made.token}`, visibility };
        const { id } = await told<{ id: string }>(server, 201, 'POST', '/memories', { token, body });
        alive.push({ ...made, id });
        return act;
      }
      const path = `/memories/${memory.id}`;
      if (act === 'forget') {
        await told(server, 204, 'DELETE', path, { token });
        alive.splice(alive.indexOf(memory), 1);
      } else if (act === 'reword') {
        memory.token = newWord();
        await told(server, 200, 'PATCH', path, { token, body: { content: `I am allergic to ${memory.token}` } });
      } else if (act === 'share') {
        memory.isShared = true;
        await told(server, 200, 'POST', `${path}/share`, { token, body: { visibility: 'family' } });
      } else {
        memory.isShared = false;
        await told(server, 200, 'POST', `${path}/unshare`, { token });
      }
      return act;
    };

    for (let round = 0; round < CHANGES; round += 1) {
      const act = await change(replicas.at(Math.floor(Math.random() * 3)));
      const expected = (isMine: boolean): string =>
        alive
          .filter(({ isShared }) => isMine || isShared)
          .map((memory) => memory.token)
          .sort()
          .join(' ');
      for (const index of [0, 1, 2]) {
        for (const [person, isMine] of [
          [parent, true],
          [relative, false],
        ] as const) {
          for (const words of await wordsAt(index, person)) {
            reads += 1;
            if (words !== expected(isMine)) stale.push(`${act} in round ${String(round)}: ${words}`);
          }
        }
      }
    }
    measured('memory over three processes', { changes: CHANGES, reads, stale: stale.length });
    expect(stale).toEqual([]);
  });

  test('what somebody may see no more, none of them shows: from the very next request on', async () => {
    const body = { content: `I am allergic to ${newWord()}`, visibility: 'family' };
    await told(replicas.at(0), 201, 'POST', '/memories', { token: parent.token, body });
    for (let round = 0; round < 6; round += 1) {
      const guest = await newRelative(replicas.at(round), parent, 'teenager');
      for (const index of [0, 1, 2]) for (const words of await wordsAt(index, guest)) expect(words).not.toBe('');
      await told(replicas.at(round + 1), 204, 'DELETE', `/family/members/${guest.memberId}`, { token: parent.token });
      for (const server of replicas.all) {
        const { token } = guest;
        const found = await server.call('POST', '/memories/search', { token, body: { query: 'who is allergic' } });
        const listed = await server.call('GET', '/memories?limit=100', { token });
        expect([found.status, listed.status]).not.toContain(200);
        expect(JSON.stringify([found.body, listed.body])).not.toMatch(WORDS);
      }
    }
  });
});

const ACTS = ['remember', 'reword', 'forget', 'share', 'unshare'] as const;
const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;

/** Words that no text has otherwise, and no stemmer shortens. */
const newWord = (): string => `zq${[...randomBytes(8)].map((byte) => 'bcdfghklmnprtvwx'[byte % 16]).join('')}zq`;
const WORDS = /zq[bcdfghklmnprtvwx]{8}zq/g;
