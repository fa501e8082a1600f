import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { TestApp } from '../support/create-app.js';
import type { FamilyMember, SignedIn, TestFamily } from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(300_000);

/** The first wall taken out: whatever the policies of the modules are asked, they agree. */
const yes = () => true;
const no = () => false;
const family = await import('../../src/modules/family/family.policy.js');
const memory = await import('../../src/modules/memory/memory.policy.js');
jest.unstable_mockModule('../../src/modules/family/family.policy.js', () => ({
  ...family,
  ...{ canChangeMember: yes, canRemoveMember: yes, canReadProfile: yes, losesLastParent: no, fitsAge: yes },
}));
jest.unstable_mockModule('../../src/modules/memory/memory.policy.js', () => ({
  ...memory,
  ...{ canRead: yes, canChange: yes, canContest: yes, canSpeakIn: yes, isContestable: yes, standsInFor: no },
}));

const { startApp } = await import('../support/create-app.js');
const factories = await import('../support/factories.js');
const { PermissionGuard } = await import('../../src/platform/security/permission.guard.js');
const { measured } = await import('../support/measure.js');
const { operationsOf } = await import('./operations.js');
const { as, asWorker, newConversation, newFamily, newFirstAdmin, newInvitation, newMember, newMemory, newProfile } =
  factories;

/** Stands in everything that the family has; in an answer to somebody else it is a leak. */
const MARK = 'Zurbaran-7Q4';
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Ends the session or the account of somebody, or changes who they are: an admin's right over accounts, nothing of a family. */
const OF_ACCESS = /^(Auth_(logout|logoutAll|changePassword)|Erasure_requestForUser)$/;

let server: TestApp;
let home: TestFamily;
let strangers: readonly (readonly [name: string, person: SignedIn])[];
/** Ids of the family's rows, by the path of their collection. */
const rows = new Map<string, string[]>();

beforeAll(async () => {
  jest.spyOn(PermissionGuard.prototype, 'canActivate').mockReturnValue(true);
  server = await startApp({ env: { REGISTRATION: 'open' } });
  const admin = await newFirstAdmin(server);
  home = await newFamily(server, MARK);
  const elsewhere = await newFamily(server, 'Elsewhere');
  const viewer = await newMember(server, elsewhere, 'grandparent');
  await as(server, admin).post('/roles/assign', { user_id: viewer.userId, role: 'viewer' });
  strangers = [
    ["another family's parent", elsewhere.parent],
    ["another family's teenager", await newMember(server, elsewhere, 'teenager')],
    ["another family's viewer", viewer],
    ['the admin', admin],
  ];
  await furnish(home.parent);
});
afterAll(() => server.close());

async function furnish(parent: FamilyMember): Promise<void> {
  const profile = await newProfile(server, home, 'child', { first_name: MARK });
  await newInvitation(server, home, { role: 'teenager' });
  for (const visibility of ['family', 'private']) {
    await newMemory(server, parent, `${MARK} is allergic to peanuts`, { visibility, subject_id: profile });
    const talk = await newConversation(server, parent, { visibility, title: MARK });
    await factories.newTurns(server, parent, talk.id, `${MARK} said so`);
  }
  await as(server, parent).patch('/family/memory-settings', { turn_retention_days: 4321 });
  for (const { method, path } of operationsOf(server)) {
    if (method !== 'get' || path.includes('{') || !path.startsWith('/api/v1/')) continue;
    const { body } = await as(server, parent).get(path.slice('/api/v1'.length));
    const { data } = body as { data?: readonly { id?: string }[] };
    const ids = data?.flatMap(({ id }) => (id === undefined ? [] : [id])) ?? [];
    if (ids.length > 0) rows.set(path, ids);
  }
}

/** The ids to try in a path: of its collection, where it has one, and else of all of them. */
function idsFor(path: string): readonly string[] {
  const [collection = ''] = path.split('/{');
  return rows.get(collection) ?? [home.familyId, ...[...rows.values()].map(([first = '']) => first)];
}

const withIds = (example: Readonly<Record<string, unknown>> | undefined): object | undefined =>
  example && (JSON.parse(JSON.stringify(example).replaceAll(UUID, home.parent.memberId)) as object);

/** All that the family has, as a background job sees it. */
async function stateOfHome(): Promise<unknown> {
  // A worker may read the names of all families.
  const tables = [
    '(SELECT * FROM families WHERE id = app.family_id())',
    'members',
    'invitations',
    'memories',
    'conversations',
    'turns',
    'memory_settings',
  ];
  return Promise.all(
    tables.map((table) =>
      asWorker(server, home.familyId, `SELECT count(*)::int AS rows, md5(string_agg(t::text, '|' ORDER BY t::text)) AS hash FROM ${table} t`),
    ),
  ); // prettier-ignore
}

describe('without guards and policies', () => {
  it('the guard lets everybody in', async () => {
    const { status } = await as(server, strangers[1]?.[1] ?? home.parent).get('/users');
    expect(status).toBe(200);
  });

  it('row-level security leaks no row of another family, and lets none be changed', async () => {
    const before = await stateOfHome();
    const leaks: string[] = [];
    let asked = 0;
    for (const [name, person] of strangers) {
      const caller = as(server, person);
      for (const { id, method, path, example } of operationsOf(server)) {
        if (!path.startsWith('/api/v1/') || OF_ACCESS.test(id)) continue;
        for (const row of path.includes('{') ? idsFor(path) : ['']) {
          const url = path.slice('/api/v1'.length).replaceAll(/\{\w+\}/g, row);
          const body = withIds(example);
          // Where the database refuses, nobody has a code for it any more: some answers are 500 here.
          const { body: answer } = await (method === 'get' || method === 'delete'
            ? caller[method](url)
            : caller[method](url, body ?? {}));
          asked += 1;
          // The names of accounts are the server's, not the family's.
          const isOfAccounts = id.startsWith('Users_') || id.startsWith('Roles_');
          if (!isOfAccounts && JSON.stringify(answer ?? '').includes(MARK)) leaks.push(`${name}: ${id} shows a row`);
        }
      }
    }
    measured('row-level security with guards and policies taken out', {
      actors: strangers.length,
      operations: operationsOf(server).length,
      requests: asked,
      'rows leaked': leaks.length,
    });
    expect(leaks).toEqual([]);
    expect(await stateOfHome()).toEqual(before);
    expect(asked).toBeGreaterThan(300);
  });

  it('the family itself sees its rows', async () => {
    const { body } = await as(server, home.parent).get('/memories');
    expect(JSON.stringify(body)).toContain(MARK);
  });
});
