import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Authority } from '../../src/modules/memory/memory.entity.js';
import type { TestApp } from '../support/create-app.js';
import type { Onlooker, Secret, World } from './memory-world.js';

// A busy machine is slow, not wrong.
jest.setTimeout(600_000);

/** The module's own filters taken out: whatever they are asked, they agree. */
const yes = () => true;
jest.unstable_mockModule('../../src/modules/memory/memory.policy.js', () => ({
  canRead: yes,
  canChange: yes,
  canContest: yes,
  standsInFor: () => false,
  canSpeakIn: yes,
  isContestable: yes,
  authorityOf: (): Authority => 'self',
}));

const { startApp } = await import('../support/create-app.js');
const { as } = await import('../support/factories.js');
const { managerOf, sqlState, TransactionRunner } = await import('../../src/platform/database/index.js');
const { uuidv7 } = await import('../../src/platform/ids.js');
const { Chance } = await import('./chance.js');
const { attemptsOn, leakingAnswers, tellingAnswers } = await import('./memory-attempts.js');
const { isOwnersSide, mayKnow, newWorld } = await import('./memory-world.js');
const { canRead } = await import('../../src/modules/memory/memory.policy.js');

const INSUFFICIENT_PRIVILEGE = '42501';

describe('row-level security without the policies', () => {
  let server: TestApp;
  let world: World;
  const chance = new Chance(271_828);

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    world = await newWorld(server, chance, 8);
  });
  afterAll(() => server.close());

  const named = (name: string): Onlooker => {
    const one = world.onlookers.find((onlooker) => onlooker.name === name);
    if (!one) throw new Error(`there is no ${name}`);
    return one;
  };
  const all = (type: Secret['type'], where: (secret: Secret) => boolean): Secret[] =>
    world.secrets.filter((secret) => secret.type === type && where(secret));

  it('has no policy left', () => {
    expect(canRead).toBe(yes);
  });

  it('what is hidden is answered like what does not exist', async () => {
    const { asked, telling } = await tellingAnswers(server, world, chance, 8);
    expect(telling).toEqual([]);
    expect(asked).toBeGreaterThan(400);
  });

  it('no list, search or profile has any of it', async () => {
    const { shown, leaking } = await leakingAnswers(server, world, chance);
    expect(leaking).toEqual([]);
    expect(shown).toBeGreaterThan(1000);
  });

  it("lets nobody change, move or erase what is another's, seen or not", async () => {
    const changed: object[] = [];
    let tried = 0;
    for (const viewer of world.onlookers) {
      const caller = as(server, viewer.signedIn);
      for (const type of ['memory', 'conversation'] as const) {
        const others = all(type, (secret) => mayKnow(viewer, secret) && !isOwnersSide(viewer, secret));
        for (const secret of others.slice(0, 6)) {
          const before = await stateOf(secret);
          // How a memory stands, and what is said in a shared talk, is for others to change as well.
          const attempts = attemptsOn(secret).filter(
            ({ changes, name }) => changes && !['contest', 'undo', 'speak'].includes(name),
          );
          for (const { name, send } of attempts) {
            const { status } = await send(caller, secret.id);
            tried += 1;
            const after = await stateOf(secret);
            if (JSON.stringify(after) !== JSON.stringify(before))
              changed.push({ viewer: viewer.name, attempt: name, status, before, after });
          }
        }
      }
    }
    expect(changed).toEqual([]);
    expect(tried).toBeGreaterThan(200);
  });

  /** What a memory says or a conversation is, with its index, as a background job sees it. */
  function stateOf({ familyId, type, id }: Secret): Promise<unknown> {
    return server.app.get(TransactionRunner).runAsWorker(familyId, (tx) =>
      managerOf(tx).query(
        type === 'memory'
          ? `SELECT m.id, m.scope_id, m.owner_id, m.content, m.version, d.scope_id AS index_scope,
               (SELECT count(*) FROM postings p WHERE p.document_id = d.id AND p.scope_id = m.scope_id) AS postings,
               (SELECT count(*) FROM memory_steps s WHERE s.memory_id = m.id AND s.scope_id = m.scope_id) AS steps
             FROM memories m LEFT JOIN documents d ON d.id = m.document_id WHERE m.id = $1 AND upper_inf(m.recorded)`
          : `SELECT c.id, c.scope_id, c.owner_id, c.title,
               (SELECT count(*) FROM turns t WHERE t.conversation_id = c.id AND t.scope_id = c.scope_id) AS turns,
               (SELECT count(*) FROM documents d WHERE d.conversation_id = c.id AND d.scope_id = c.scope_id) AS documents
             FROM conversations c WHERE c.id = $1`,
        [id],
      ),
    );
  }

  const MEMORY = `INSERT INTO memories (id, version, document_id, family_id, scope_id, owner_id, author_id, kind, content, language,
      authority, importance, confidence, status, valid, is_since_stated, recorded, content_hash, created_at)
    VALUES ($1, 1, 1, $2, $3, $4, $5, 'note', 'Mallory', 'en', 'self', 0.5, 0.5, 'live', '[,)', false, tstzrange(now(), NULL), '\\x00', now())`;
  const TALK = 'INSERT INTO conversations (id, family_id, scope_id, owner_id) VALUES ($1, $2, $3, $4)';
  const member = (name: string): string => world.people.find((person) => person.name === name)?.memberId ?? '';
  const othersAudience = (me: Onlooker): string =>
    all('memory', (one) => one.visibility === 'audience' && one.ownerId !== me.memberId && mayKnow(me, one))[0]
      ?.scopeId ?? '';

  it.each<[string, string, (me: Onlooker) => unknown[]]>([
    [
      'a memory in another family',
      MEMORY,
      (me) => {
        const { familyId } = named('their parent');
        return [uuidv7(), familyId, familyId, me.memberId, me.memberId];
      },
    ],
    [
      'a memory of its own family in the scope of another',
      MEMORY,
      (me) => [uuidv7(), me.familyId, named('their parent').familyId, me.memberId, me.memberId],
    ],
    [
      'a memory in what another keeps private',
      MEMORY,
      (me) => [uuidv7(), me.familyId, member('parent'), member('parent'), me.memberId],
    ],
    ['a memory of somebody else', MEMORY, (me) => [uuidv7(), me.familyId, me.familyId, member('parent'), me.memberId]],
    [
      "a memory in somebody else's words",
      MEMORY,
      (me) => [uuidv7(), me.familyId, me.familyId, me.memberId, member('parent')],
    ],
    [
      "a memory in an audience that is another's",
      MEMORY,
      (me) => [uuidv7(), me.familyId, othersAudience(me), me.memberId, me.memberId],
    ],
    ['a conversation of somebody else', TALK, (me) => [uuidv7(), me.familyId, me.familyId, member('parent')]],
    ['a conversation elsewhere', TALK, (me) => [uuidv7(), me.familyId, member('parent'), me.memberId]],
    [
      'an audience of somebody else',
      'INSERT INTO audiences (id, family_id, owner_id, member_ids) VALUES ($1, $2, $3, ARRAY[$4::uuid])',
      (me) => [uuidv7(), me.familyId, member('parent'), me.memberId],
    ],
    [
      'an audience with people of another family',
      'INSERT INTO audiences (id, family_id, owner_id, member_ids) VALUES ($1, $2, $3, ARRAY[$4::uuid])',
      (me) => [uuidv7(), me.familyId, me.memberId, named('their parent').memberId],
    ],
    [
      'a decision about the family by who is no parent',
      'INSERT INTO memory_settings (family_id) VALUES ($1)',
      (me) => [me.familyId],
    ],
    [
      'another model to search with',
      "INSERT INTO embedding_models (id, name, dimensions) VALUES (99, 'Mallory', 1)",
      () => [],
    ],
    [
      'a key of another member',
      "INSERT INTO idempotency_keys (member_id, key, family_id, request_hash, result) VALUES ($1, 'k', $2, '\\x00', '1')",
      (me) => [member('parent'), me.familyId],
    ],
    [
      "moving another's memory into one's own keeping",
      'UPDATE memories SET scope_id = $1 WHERE owner_id <> $1 AND scope_id = $2',
      (me) => [me.memberId, me.familyId],
    ],
    ['rewriting what was said', "UPDATE turns SET content = 'Mallory'", () => []],
    ['rewriting a memory', "UPDATE memories SET content = 'Mallory'", () => []],
    ['taking a memory over', 'UPDATE memories SET owner_id = $1', (me) => [me.memberId]],
    ['joining an audience', 'UPDATE audiences SET member_ids = member_ids || $1::uuid', (me) => [me.memberId]],
  ])('refuses %s', async (_name, sql, values) => {
    const me = named('teenager');
    const failure: unknown = await server.app
      .get(TransactionRunner)
      .run(me.principal, (tx) => managerOf(tx).query(sql, values(me)))
      .catch((error: unknown) => error);
    expect(sqlState(failure)).toBe(INSUFFICIENT_PRIVILEGE);
  });

  it.each([
    ['memories', 'owner_id'],
    ['conversations', 'owner_id'],
  ])("erases nothing in %s but one's own", async (table, column) => {
    const me = named('grandparent');
    const rows = await server.app
      .get(TransactionRunner)
      .run(me.principal, async (tx) =>
        managerOf(tx).query<{ owner: string }[]>(
          `WITH gone AS (DELETE FROM ${table} RETURNING ${column} AS owner) SELECT DISTINCT owner FROM gone`,
        ),
      );
    expect(rows).toEqual([{ owner: me.memberId }]);
  });
});
