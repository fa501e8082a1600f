import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { managerOf, TransactionRunner, type Transaction } from '../../src/platform/database/index.js';
import { ConversationsRepository } from '../../src/modules/memory/conversations/conversations.repository.js';
import { MemoriesRepository, type MemoryFilter } from '../../src/modules/memory/memories/memories.repository.js';
import type { Status } from '../../src/modules/memory/memory.entity.js';
import { canRead } from '../../src/modules/memory/memory.policy.js';
import { SearchRepository, type SearchFilter } from '../../src/modules/memory/search/search.repository.js';
import { MOST_STRANGE, SpellingRepository } from '../../src/modules/memory/search/spelling.repository.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { Chance } from './chance.js';
import { hide, mayKnow, newWorld, type Onlooker, type Secret, type World } from './memory-world.js';

// A busy machine is slow, not wrong.
jest.setTimeout(600_000);

const SEED = 20_261_121;
const EACH = 24;
const MANY = 100_000;

/** A way to read: the ids that it shows, of those it could show at all. */
interface Path {
  readonly name: string;
  readonly over: (secret: Secret) => boolean;
  read(tx: Transaction, secrets: readonly Secret[], viewer: Onlooker): Promise<Iterable<string>>;
}

const isMemory = ({ type }: Secret): boolean => type === 'memory';
const isTurn = ({ type }: Secret): boolean => type === 'turn';
const isTalk = ({ type }: Secret): boolean => type === 'conversation';
const idsOf = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);

/**
 * The second wall by itself: every statement of the repositories runs under each viewer's context with the ids, scopes
 * and words of everything there is, as a service without any policy would. One case is one viewer, one thing and one
 * way to read it; policy, row-level security and the rule as the test states it have to agree in each.
 */
describe('who sees what, in 100,000 generated cases', () => {
  let server: TestApp;
  let world: World;
  let paths: readonly Path[];

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    world = await newWorld(server, new Chance(SEED), EACH);
    paths = pathsOf(server);
  });
  afterAll(() => server.close());

  const under = <T>({ principal }: Onlooker, work: (tx: Transaction) => Promise<T>): Promise<T> =>
    server.app.get(TransactionRunner).run(principal, work);

  it('the policy says what the rule says', () => {
    const cases = world.onlookers.flatMap((viewer) =>
      world.secrets.map((secret) => ({ viewer, secret, may: mayKnow(viewer, secret) })),
    );
    const differing = cases.filter(({ viewer, secret, may }) => canRead(viewer, secret) !== may);
    expect(differing).toEqual([]);
    // Both answers are asked for, many times.
    const allowed = cases.filter(({ may }) => may).length;
    expect(allowed).toBeGreaterThan(cases.length / 10);
    expect(allowed).toBeLessThan(cases.length / 2);
  });

  it('row-level security and the statements show exactly that, by every path', async () => {
    let cases = 0;
    let shown = 0;
    const leaks: object[] = [];
    const missing: object[] = [];
    for (const viewer of world.onlookers) {
      for (const path of paths) {
        const seen = new Set(await under(viewer, (tx) => path.read(tx, world.secrets, viewer)));
        for (const secret of world.secrets) {
          cases += 1;
          const isSeen = seen.has(secret.id);
          const may = canRead(viewer, secret);
          if (isSeen) shown += 1;
          if (isSeen && !may) leaks.push({ viewer: viewer.name, path: path.name, secret });
          if (!isSeen && may && path.over(secret)) missing.push({ viewer: viewer.name, path: path.name, secret });
        }
      }
    }
    expect(leaks).toEqual([]);
    expect(missing).toEqual([]);
    expect(cases).toBeGreaterThanOrEqual(MANY);
    expect(shown).toBeGreaterThan(cases / 20);
  });

  it('the statistics of a search are those of what the viewer sees: nothing hidden changes any of them', async () => {
    const search = server.app.get(SearchRepository);
    const query = 'birthday violin at the harbour';
    const [viewer] = world.onlookers.filter(({ name }) => name === 'teenager');
    if (!viewer) throw new Error('nobody looks');
    const ask = () =>
      under(viewer, async (tx) => [
        await search.candidates(tx, await search.prepare(tx, query), {}, undefined, NOTHING_ELSE),
        await search.candidates(tx, await search.prepare(tx, query), { tags: ['shared tag'] }, undefined, NOTHING_ELSE),
        await search.candidates(
          tx,
          await search.prepare(tx, query),
          {},
          { modelId: 1, vector: Float32Array.of(1, 2, 3) },
          NOTHING_ELSE,
        ),
      ]);
    const before = await ask();
    expect(before.map(({ length }) => length > 20)).toEqual([true, true, true]);
    const others = world.people.filter(({ memberId, role }) => memberId !== viewer.memberId && role !== null);
    await hide(server, new Chance(SEED + 1), others, 6, 'private');
    expect(await ask()).toEqual(before);
  });
});

/** Nothing but what the words and the vector find. */
const NOTHING_ELSE = { newest: false, time: undefined };

/** The statements of the repositories, and the bare tables. */
function pathsOf({ app }: TestApp): Path[] {
  const [memories, conversations, search, spelling] = [
    app.get(MemoriesRepository),
    app.get(ConversationsRepository),
    app.get(SearchRepository),
    app.get(SpellingRepository),
  ];
  const raw = (name: string, over: Path['over'], sql: string): Path => ({
    name,
    over,
    read: async (tx) => idsOf(await managerOf(tx).query<{ id: string }[]>(sql)),
  });
  const listed = (name: string, over: Path['over'], filter: MemoryFilter): Path => ({
    name: `list ${name}`,
    over: (secret) => isMemory(secret) && over(secret),
    read: async (tx) => idsOf(await memories.page(tx, filter, 10_000, undefined)),
  });
  const stands = (status: Status) => (secret: Secret) => secret.memory?.status === status;
  const found = (name: string, over: Path['over'], ask: SearchFilter): Path => ({
    name: `search ${name}`,
    over,
    read: async (tx, secrets) => {
      const ids: string[] = [];
      const words = secrets.map(({ word }) => word);
      for (let from = 0; from < words.length; from += 60) {
        const terms = await search.prepare(tx, words.slice(from, from + 60).join(' '));
        ids.push(...(await search.candidates(tx, terms, ask, undefined, NOTHING_ELSE)).map(({ itemId }) => itemId));
      }
      return ids;
    },
  });
  const canBeFound = (secret: Secret): boolean => isMemory(secret) || isTurn(secret);
  const eachOf = (secrets: readonly Secret[], over: Path['over']): Secret[] => secrets.filter(over);
  return [
    {
      name: 'read',
      over: isMemory,
      read: async (tx, secrets) => {
        const ids: string[] = [];
        for (const { id } of eachOf(secrets, isMemory)) if (await memories.find(tx, id)) ids.push(id);
        return ids;
      },
    },
    {
      name: 'read for a change',
      over: isMemory,
      read: async (tx, secrets) => {
        const ids: string[] = [];
        for (const { id } of eachOf(secrets, isMemory)) if (await memories.findLocked(tx, id)) ids.push(id);
        return ids;
      },
    },
    {
      name: 'read as known then',
      over: isMemory,
      read: async (tx, secrets) => {
        const ids: string[] = [];
        for (const { id, memory } of eachOf(secrets, isMemory))
          if ((await memories.findKnownAt(tx, [id], memory?.recordedFrom ?? 0)).length > 0) ids.push(id);
        return ids;
      },
    },
    {
      name: 'history',
      over: isMemory,
      read: async (tx, secrets) => {
        const ids: string[] = [];
        for (const { id } of eachOf(secrets, isMemory)) {
          ids.push(...idsOf(await memories.versions(tx, id)));
          ids.push(...(await memories.steps(tx, id)).map(({ memoryId }) => memoryId));
        }
        return ids;
      },
    },
    {
      name: 'read many',
      over: isMemory,
      read: async (tx, secrets) => idsOf(await memories.findMany(tx, idsOf(secrets))),
    },
    listed('all', isMemory, { status: 'all' }),
    listed('live', stands('live'), { status: 'live' }),
    listed('superseded', stands('superseded'), { status: 'superseded' }),
    listed('contested', stands('contested'), { status: 'contested' }),
    listed('of a kind', ({ memory }) => memory?.kind === 'health', { status: 'all', kind: 'health' }),
    listed('with a tag', isMemory, { status: 'all', tag: 'shared tag' }),
    listed('of a predicate', ({ memory }) => memory?.predicate === 'hobby', { status: 'all', predicate: 'hobby' }),
    listed('as of now', isMemory, {
      status: 'all',
      asOf: { from: Date.now() * 1000 + 6e7, to: Date.now() * 1000 + 6e7 },
    }),
    listed('known now', isMemory, { status: 'all', knownAt: (Date.now() + 3_600_000) * 1000 }),
    listed('in a time', isMemory, { status: 'all', from: 0, to: (Date.now() + 3_600_000) * 1000 }),
    {
      name: 'what says the same',
      over: (secret) => stands('live')(secret) || stands('contested')(secret),
      read: async (tx, secrets) =>
        idsOf(
          await memories.findSame(
            tx,
            secrets.map(({ scopeId }) => scopeId),
            secrets.flatMap(({ memory }) => memory?.contentHash ?? []),
          ),
        ),
    },
    {
      name: 'what is known of the same',
      over: ({ memory }) => typeof memory?.predicate === 'string' && memory.status !== 'retracted',
      read: async (tx, secrets) =>
        idsOf(
          await memories.findFacts(
            tx,
            secrets.map(({ scopeId }) => scopeId),
            secrets.flatMap(({ memory }) =>
              memory?.subjectId && memory.predicate
                ? [{ subjectId: memory.subjectId, predicate: memory.predicate }]
                : [],
            ),
          ),
        ),
    },
    {
      name: 'profile',
      over: ({ memory }) => typeof memory?.predicate === 'string' && ['live', 'contested'].includes(memory.status),
      read: async (tx, secrets) => {
        const subjects = new Set(secrets.flatMap(({ memory }) => memory?.subjectId ?? []));
        const ids: string[] = [];
        for (const subject of subjects) ids.push(...idsOf(await memories.factsAbout(tx, subject)));
        return ids;
      },
    },
    {
      name: 'nicknames',
      over: () => false,
      read: async (tx, secrets) => {
        const objects = new Set<string>();
        for (const familyId of new Set(secrets.map((secret) => secret.familyId)))
          for (const { object } of await memories.liveObjects(tx, familyId, ['nickname', 'hobby'])) objects.add(object);
        return secrets.filter(({ word }) => objects.has(word)).map(({ id }) => id);
      },
    },
    found('everything', (secret) => isTurn(secret) || stands('live')(secret), {}),
    found('with a filter', (secret) => isTurn(secret) || stands('live')(secret), { types: ['memory', 'turn'] }),
    found('as known now', () => false, { knownAt: (Date.now() + 3_600_000) * 1000 }),
    {
      name: 'conversations',
      over: isTalk,
      read: async (tx) => idsOf(await conversations.page(tx, 10_000, undefined)),
    },
    {
      name: 'conversation',
      over: isTalk,
      read: async (tx, secrets) => {
        const ids: string[] = [];
        for (const { id } of eachOf(secrets, isTalk)) {
          if (await conversations.find(tx, id)) ids.push(id);
          if (await conversations.lock(tx, id)) ids.push(id);
        }
        return ids;
      },
    },
    {
      name: 'turns',
      over: isTurn,
      read: async (tx, secrets) => {
        const ids: string[] = [];
        for (const { id } of eachOf(secrets, isTalk)) ids.push(...idsOf(await conversations.turns(tx, id, 100, 0)));
        return ids;
      },
    },
    {
      name: 'words that are known',
      over: canBeFound,
      read: async (tx, secrets) => {
        const ids: string[] = [];
        for (let from = 0; from < secrets.length; from += MOST_STRANGE) {
          const asked = secrets.slice(from, from + MOST_STRANGE);
          const said = asked.map(({ word }) => word);
          const { words } = await spelling.strangeWords(tx, said, true);
          ids.push(...idsOf(asked.filter((secret) => !words.some(({ word }) => word === secret.word))));
        }
        return ids;
      },
    },
    {
      name: 'words that others are taken for',
      over: canBeFound,
      read: async (tx, secrets) => {
        const groups = secrets.map(({ word }) => [{ term: `e:${word}`, slips: 1 }]);
        const meant = new Set(await spelling.meant(tx, groups, true));
        return idsOf(secrets.filter(({ word }) => meant.has(`e:${word}`)));
      },
    },
    {
      name: 'turns by id',
      over: isTurn,
      read: async (tx, secrets) => idsOf(await conversations.findTurns(tx, idsOf(secrets))),
    },
    raw('table memories', isMemory, 'SELECT id FROM memories'),
    raw('table memory_steps', isMemory, 'SELECT memory_id AS id FROM memory_steps'),
    raw('table conversations', isTalk, 'SELECT id FROM conversations'),
    raw('table turns', isTurn, 'SELECT id FROM turns'),
    raw('table documents', canBeFound, 'SELECT item_id AS id FROM documents'),
    raw(
      'table postings',
      canBeFound,
      'SELECT d.item_id AS id FROM postings p JOIN documents d ON d.id = p.document_id',
    ),
    raw(
      'table embeddings',
      canBeFound,
      'SELECT d.item_id AS id FROM embeddings e JOIN documents d ON d.id = e.document_id',
    ),
  ];
}
