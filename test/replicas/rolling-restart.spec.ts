import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { measured } from '../support/measure.js';
import { killServers, until } from '../support/process.js';
import { Load, type Asked } from '../support/replicas/load.js';
import { newFirstPerson, newRelative, told, type Person } from '../support/replicas/people.js';
import { Replicas } from '../support/replicas/replicas.js';
import { findNginx, RunningNginx } from '../support/replicas/running-nginx.js';

/** Seconds under load: a sample in the ordinary run, a minute in `make test-replicas`. */
const SECONDS = Number(process.env['ROLL_SECONDS'] ?? '10');
const RATE = 200;

const nginx = onPostgres ? await findNginx() : { missing: 'it is for real servers' };

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(300_000 + SECONDS * 10_000);

/** Each of three processes behind nginx, on the configuration of production, is stopped and started anew in turn. */
describe('a rolling restart', () => {
  let database: TestDatabase;
  let proxy: RunningNginx | undefined;
  let load: Load | undefined;

  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(async () => {
    const stopped = load?.stop(); // it goes on where a test has failed
    await proxy?.stop();
    await killServers();
    await stopped;
    await database.drop();
  });

  if ('missing' in nginx) {
    test(`cannot be had here: ${nginx.missing}`, () => {
      expect(nginx).toHaveProperty('missing');
    });
    return;
  }

  test(`${String(SECONDS)} s of ${String(RATE)} requests a second: none fails, nothing is written twice`, async () => {
    const replicas = await Replicas.start(database, SETTINGS);
    const running = await RunningNginx.start(nginx, replicas.addresses);
    proxy = running;
    const parent = await newFirstPerson(replicas.at(0));
    const people = [parent];
    for (let index = 1; index < 4; index += 1) people.push(await newRelative(replicas.at(index), parent, 'parent'));
    const written = new Set<string>();
    const asking = new Load({
      url: running.url,
      rate: RATE,
      next: requests(people),
      onAnswer: ({ method, body }) => {
        if (method === 'POST' && body && 'content' in body) written.add(String(body.content));
      },
    });

    load = asking;
    let restarts = 0;
    while (restarts < replicas.all.length || asking.seconds < SECONDS) {
      expect(await replicas.at(restarts).stop()).toEqual({ code: 0, signal: null });
      await replicas.startAnew(restarts);
      restarts += 1;
    }
    const { failures, answered, reads, writes, seconds, longest } = await asking.stop();

    measured('rolling restart', {
      seconds: Math.round(seconds),
      restarts,
      requests: answered.byNew + answered.byKept + failures.length,
      'a second': Math.round((answered.byNew + answered.byKept) / seconds),
      reads,
      writes,
      'by new connections': answered.byNew,
      'by kept-alive connections': answered.byKept,
      'longest wait in ms': Math.round(longest),
      failed: failures.length,
    });
    expect(failures).toEqual([]);
    expect(answered.byNew).toBeGreaterThan(0);
    expect(answered.byKept).toBeGreaterThan(0);
    const found = await until('everybody is ready', () => everything(replicas, people));
    expect([...written].filter((content) => !found.includes(content))).toEqual([]);
    expect(new Set(found).size).toBe(found.length);
    const served = new Set(await running.servedBy());
    for (const address of replicas.addresses) expect(served).toContain(address);
  });
});

const SETTINGS = {
  TRUSTED_PROXIES: '127.0.0.1',
  RATE_LIMIT_MULTIPLIER: '10000',
  SHUTDOWN_DELAY: '2',
  // A busy machine is slow, not wrong: nobody waits in vain.
  SHUTDOWN_TIMEOUT: '120',
  DATABASE_CONNECT_TIMEOUT: '60000',
  DATABASE_STATEMENT_TIMEOUT: '60000',
};

/** Three reads and two writes, for each person in turn. */
function requests(people: readonly Person[]): () => Asked {
  let number = 0;
  return () => {
    const person = people[Math.floor(number / 5) % people.length];
    if (!person) throw new Error('nobody asks');
    const { token, memberId } = person;
    const kind = number % 5;
    number += 1;
    if (kind === 0) return { method: 'GET', path: '/auth/me', token };
    if (kind === 1) return { method: 'POST', path: '/memories', token, body: { content: newContent() } };
    if (kind === 2) return { method: 'GET', path: '/family/members', token };
    if (kind === 3)
      return {
        method: 'PATCH',
        path: `/family/members/${memberId}`,
        token,
        body: { last_name: `Lovelace ${String(number)}` },
      };
    return { method: 'GET', path: '/memories?limit=10', token };
  };
}

const newContent = (): string => `The box with the number ${randomBytes(8).toString('hex')} is in the attic`;

/** What all of them remember, from whichever process. */
async function everything(replicas: Replicas, people: readonly Person[]): Promise<string[]> {
  const contents: string[] = [];
  for (const { token } of people) {
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { data: { content: string }[]; next_cursor: string | null } = await told(
        replicas.at(contents.length),
        200,
        'GET',
        `/memories?limit=100${query}`,
        { token },
      );
      contents.push(...page.data.map(({ content }) => content));
      cursor = page.next_cursor;
    }
  }
  return contents;
}
