import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { uuidv7 } from '../../src/platform/ids.js';
import {
  FAMILY_ROLE_PERMISSIONS,
  SERVER_ROLE_PERMISSIONS,
  type FamilyRole,
  type Permission,
  type ServerRole,
} from '../../src/platform/security/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { TEST_SECRET } from '../support/database.js';
import { newDevice } from '../support/devices.js';
import {
  as,
  newApiKey,
  newChild,
  newConversation,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  newMemory,
  newProfile,
  PASSWORD,
  signIn,
  uniqueEmail,
  type PageOf,
  type SignedIn,
  type TestFamily,
} from '../support/factories.js';
import { measured } from '../support/measure.js';
import { HARMLESS } from './matrix-answers.js';
import { operationsOf, type Operation } from './operations.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

/** Who asks. Without `roles` nobody is signed in, whatever the request carries. */
interface Actor {
  readonly authorization: string | undefined;
  readonly person?: SignedIn;
  readonly roles?: { readonly server: readonly ServerRole[]; readonly family: FamilyRole | null };
  /** Asks by it instead; its scopes are all that is left of the owner's rights. */
  readonly key?: { readonly secret: string; readonly scopes: readonly Permission[] };
  /** Whether they belong to the family whose rows are asked for. */
  readonly isInside: boolean;
}

interface Answer {
  readonly status: number;
  readonly body: { readonly code?: string };
}

const ACTORS = [
  'nobody',
  'parent',
  'grandparent',
  'teenager',
  'child',
  "another family's parent",
  'admin',
  'operator',
  'viewer',
  'viewer in the family',
  'somebody without a family',
  'disabled account',
  'revoked session',
  'expired token',
  'garbage token',
  'scoped key',
] as const;
type ActorName = (typeof ACTORS)[number];

/** Whose the row of a path is, where the route's permission alone does not say. A new path with an id needs its line here. */
const ROW_RULES: Readonly<Record<string, (actor: Actor, granted: ReadonlySet<Permission>) => boolean>> = {
  Members_get: ({ isInside }) => isInside,
  Members_replace: ({ isInside }) => isInside,
  // With `member:write_own` and `family:leave` alone only one's own member, which the asked one is not.
  Members_update: ({ isInside }, granted) => isInside && granted.has('member:write'),
  Members_remove: ({ isInside }, granted) => isInside && granted.has('member:write'),
  Invitations_revoke: ({ isInside }) => isInside,
  // Of the family and owned by its first parent, who is none of the actors.
  Memory_get: ({ isInside }) => isInside,
  Memory_history: ({ isInside }) => isInside,
  Memory_update: () => false,
  Memory_delete: () => false,
  Memory_undo: () => false,
  Memory_share: () => false,
  Memory_unshare: () => false,
  Memory_contest: ({ isInside, roles }) => isInside && roles?.family === 'parent',
  Conversations_get: ({ isInside }) => isInside,
  Conversations_update: () => false,
  Conversations_delete: () => false,
  Conversations_addTurns: ({ isInside }) => isInside,
  Conversations_listTurns: ({ isInside }) => isInside,
  Profile_read: ({ isInside }, granted) => isInside && granted.has('profile:read_family'),
  Devices_approve: ({ isInside }) => isInside,
  Devices_revoke: ({ isInside }) => isInside,
  Auth_switchFamily: ({ isInside }) => isInside,
  Sessions_revoke: () => false, // the session is a bystander's
  Identities_remove: () => false, // and so would the identity be
  Exports_requestForMember: ({ isInside }) => isInside,
  Erasure_requestForMember: ({ isInside }) => isInside,
  Erasure_requestForUser: () => true,
  Exports_fetch: () => false, // there is none of this id
  ApiKeys_revoke: () => false, // the key is a bystander's
  Backups_get: () => false, // nor is there a backup
  Backups_verify: () => false,
  Silences_expire: () => false, // nor a silence
  Users_get: () => true,
  Users_update: () => true,
  Roles_ofUser: () => true,
  Roles_grantsOf: () => true,
};

/** An operation whose row a path leads to. */
const ROW_OF: Readonly<Record<string, string>> = {
  'family/invitations': 'Invitations_revoke',
  memories: 'Memory_get',
  conversations: 'Conversations_get',
};

let server: TestApp;
let operations: readonly Operation[];
let family: TestFamily;
let admin: SignedIn;
/** An account that nobody of the actors is: the target of administration. */
let bystander: SignedIn;
let bystandersSession: string;
let bystandersKey: string;
const actors = new Map<ActorName, Actor>();

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', JWT_SECRET_KEY: TEST_SECRET } });
  operations = operationsOf(server);
  admin = await newFirstAdmin(server);
  family = await newFamily(server);
  const elsewhere = await newFamily(server, 'Elsewhere');
  bystander = elsewhere.parent;
  bystandersKey = (await newApiKey(server, bystander, ['account:read'])).id;
  bystandersSession = String(claimsOf(bystander.accessToken)['sid']);
  const without = async (): Promise<SignedIn> => {
    const home = await newFamily(server, 'Former');
    const person = await newMember(server, home, 'grandparent');
    await asAdmin('delete', `/api/v1/family/members/${person.memberId}`, undefined, home.parent.bearer);
    return person;
  };
  const withRole = async (person: SignedIn, role: ServerRole): Promise<SignedIn> => {
    await asAdmin('post', '/api/v1/roles/assign', { user_id: person.userId, role });
    await asAdmin('post', '/api/v1/roles/revoke', { user_id: person.userId, role: 'user' });
    return person;
  };
  const outside = (person: SignedIn, server: readonly ServerRole[], family: FamilyRole | null): Actor => ({
    authorization: person.bearer,
    person,
    roles: { server, family },
    isInside: false,
  });
  const inside = (person: SignedIn, family: FamilyRole, server: readonly ServerRole[] = ['user']): Actor => ({
    ...outside(person, server, family),
    isInside: true,
  });
  const refused = (authorization?: string): Actor => ({ authorization, isInside: false });

  actors.set('nobody', refused());
  // The family's first parent is the stagehand of this test, so somebody else is the actor.
  actors.set('parent', inside(await newMember(server, family, 'parent'), 'parent'));
  actors.set('grandparent', inside(await newMember(server, family, 'grandparent'), 'grandparent'));
  actors.set('teenager', inside(await newMember(server, family, 'teenager'), 'teenager'));
  actors.set('child', inside(await newChild(server, family), 'child'));
  actors.set("another family's parent", outside((await newFamily(server)).parent, ['user'], 'parent'));
  actors.set('admin', outside(admin, ['admin', 'user'], 'parent'));
  actors.set('operator', outside(await withRole(await without(), 'operator'), ['operator'], null));
  actors.set('viewer', outside(await withRole(await without(), 'viewer'), ['viewer'], null));
  actors.set(
    'viewer in the family',
    inside(await withRole(await newMember(server, family, 'parent'), 'viewer'), 'parent', ['viewer']),
  );
  actors.set('somebody without a family', outside(await without(), ['user'], null));

  const disabled = await newMember(server, family, 'parent');
  await asAdmin('patch', `/api/v1/users/${disabled.userId}`, { status: 'disabled' });
  actors.set('disabled account', refused(disabled.bearer));
  const loggedOut = await signIn(server, family.parent.email);
  await asAdmin('post', '/api/v1/auth/logout', undefined, loggedOut.bearer);
  actors.set('revoked session', refused(loggedOut.bearer));
  actors.set('expired token', refused(`Bearer ${expired(family.parent.accessToken)}`));
  actors.set('garbage token', refused('Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA'));
  const owner = await newMember(server, family, 'parent');
  const scopes: Permission[] = ['account:read', 'member:read', 'memory:read', 'memory:write'];
  const { secret } = await newApiKey(server, owner, scopes);
  const roles = { server: ['user'], family: 'parent' } as const;
  actors.set('scoped key', { authorization: undefined, key: { secret, scopes }, roles, isInside: true });
});

afterAll(() => server.close());

async function asAdmin(method: Operation['method'], path: string, body?: object, bearer = admin.bearer): Promise<void> {
  const { status } = await server.http()[method](path).set('authorization', bearer).send(body);
  if (status >= 300) throw new Error(`${method} ${path} answered ${String(status)}`);
}

const claimsOf = (token: string): jwt.JwtPayload => jwt.decode(token, { json: true }) ?? {};

/** The same token, rightly signed, that ended a minute ago. */
function expired(token: string): string {
  const header = jwt.decode(token, { complete: true })?.header;
  if (!header) throw new Error('not a token');
  const now = Math.floor(Date.now() / 1000);
  return jwt.sign({ ...claimsOf(token), iat: now - 660, exp: now - 60 }, createSecretKey(Buffer.from(TEST_SECRET)), {
    header,
  });
}

/** What minors may not do that others with their role on the server may. */
const WITHHELD: Readonly<Partial<Record<FamilyRole, readonly Permission[]>>> = {
  teenager: ['family:create'],
  child: [
    'credential:write',
    'identity:write',
    'api_key:create',
    'family:create',
    'invitation:accept',
    'account:export',
    'account:erase',
  ],
};

/** Computed from the tables of roles; a viewer only reads in the family too. */
function grantedTo({ roles, key }: Actor): ReadonlySet<Permission> {
  if (!roles) return new Set();
  const inFamily = roles.family === null ? [] : FAMILY_ROLE_PERMISSIONS[roles.family];
  const onlyReads = roles.server.every((role) => role === 'viewer');
  const withheld = roles.family === null ? [] : (WITHHELD[roles.family] ?? []);
  const granted = [
    ...roles.server
      .flatMap((role) => SERVER_ROLE_PERMISSIONS[role])
      .filter((permission) => !withheld.includes(permission)),
    ...inFamily.filter((permission) => !onlyReads || permission.split(':')[1]?.startsWith('read')),
  ];
  return new Set(granted.filter((permission) => !key || key.scopes.includes(permission)));
}

function maySay({ access }: Operation, granted: ReadonlySet<Permission>): boolean {
  if (access.public) return true;
  if (access.any) return access.any.some((permission) => granted.has(permission));
  if (access.all && access.all.length > 0) return access.all.every((permission) => granted.has(permission));
  throw new Error('an operation without a rule');
}

/** A row that really exists, new for every request that might take it away. */
async function rowFor({ id }: Operation): Promise<string> {
  if (id.startsWith('Members_') || id === 'Profile_read') return newProfile(server, family, 'child');
  if (id === 'Invitations_revoke') {
    await newInvitation(server, family, { role: 'teenager' });
    const { body } = await as(server, family.parent).get<PageOf<{ id: string }>>('/family/invitations?limit=1');
    return body.data[0]?.id ?? '';
  }
  if (id.startsWith('Memory_'))
    return (await newMemory(server, family.parent, `For ${id} ${uuidv7()}`, { visibility: 'family' })).id;
  if (id.startsWith('Conversations_'))
    return (await newConversation(server, family.parent, { visibility: 'family' })).id;
  if (id.endsWith('_requestForMember')) return (await newDevice(server, family)).memberId;
  if (id.startsWith('Devices_')) return (await newDevice(server, family)).deviceId;
  if (id === 'Auth_switchFamily') return family.familyId;
  if (id === 'ApiKeys_revoke') return bystandersKey;
  return id === 'Sessions_revoke' ? bystandersSession : bystander.userId;
}

/** A well-formed body: the documented example, with names that are free and a person that exists. */
function bodyFor({ id, example }: Operation): object | undefined {
  if (!example) return undefined;
  const body: Record<string, unknown> = { ...example };
  for (const unique of ['telegram_id', 'username']) if (id !== 'Auth_token') Reflect.deleteProperty(body, unique);
  if ('user_id' in body) body['user_id'] = bystander.userId;
  if ('code' in body) body['code'] = '0000-0000-0000';
  if (id === 'Email_change') body['password'] = 'not-the-password-of-anybody';
  if (id === 'Silences_create') body['ends_at'] = new Date(Date.now() + 60_000).toISOString();
  if (id === 'Auth_changePassword') body['current_password'] = 'not-the-password-of-anybody';
  if (id === 'ApiKeys_create') body['scopes'] = ['account:read'];
  if (id === 'Family_found') body['name'] = '';
  if (id === 'Auth_register') body['email'] = uniqueEmail();
  if (id === 'Auth_login') Object.assign(body, { email: bystander.email, password: PASSWORD });
  if (id === 'Auth_token') Object.assign(body, { username: bystander.email, password: PASSWORD });
  return body;
}

async function ask(operation: Operation, { authorization, person, key }: Actor): Promise<Answer> {
  // What ends sessions gets one of its own, so that the actor lives on.
  const isLast = operation.id.startsWith('Auth_logout');
  const bearer = isLast && person ? (await signIn(server, person.email)).bearer : authorization;
  const row = operation.path.includes('{') ? await rowFor(operation) : '';
  const request = server.http()[operation.method](operation.path.replace('{id}', row));
  if (bearer !== undefined) void request.set('authorization', bearer);
  if (key) void request.set('x-api-key', key.secret);
  const answer = (await request.send(bodyFor(operation))) as Answer;
  if (operation.id === 'Auth_logoutAll' && person && answer.status < 300) await revive(person);
  return answer;
}

/** After "end all sessions": the actor signs in again. */
async function revive(person: SignedIn): Promise<void> {
  const again = await signIn(server, person.email);
  for (const [name, actor] of actors) {
    if (actor.person?.userId === person.userId)
      actors.set(name, { ...actor, authorization: again.bearer, person: again });
  }
}

/** What is wrong with an answer; undefined when it is as the rules say. */
function faultOf(operation: Operation, actor: Actor, { status, body }: Answer): string | undefined {
  const granted = grantedTo(actor);
  const isOk = status >= 200 && status < 300;
  const is = (expected: number, ...codes: string[]): string | undefined =>
    status === expected && (codes.length === 0 || codes.includes(body.code ?? ''))
      ? undefined
      : `expected ${String(expected)} ${codes.join('|')}`;
  if (operation.access.public) return status < 500 && status !== 403 ? undefined : 'a public route must not refuse';
  if (!actor.roles) return is(401, 'unauthenticated', 'invalid_token');
  if (!maySay(operation, granted)) return is(403, 'insufficient_permissions');
  if (operation.path.includes('{')) {
    const rule = ROW_RULES[operation.id];
    if (!rule) return 'has no row rule in this test';
    if (!rule(actor, granted)) return [403, 404].includes(status) ? undefined : "somebody else's row must be refused";
  }
  const harmless = HARMLESS[operation.id];
  if (harmless) return is(harmless.status, harmless.code);
  return isOk ? undefined : 'expected a success';
}

describe('the authorization matrix', () => {
  it.each(ACTORS)(
    '%s may do what their roles say, and nothing else',
    async (name) => {
      const faults: string[] = [];
      for (const operation of operations) {
        const actor = actors.get(name);
        if (!actor) throw new Error('no such actor');
        const answer = await ask(operation, actor);
        const fault = faultOf(operation, actor, answer);
        if (fault) faults.push(`${operation.id}: ${String(answer.status)} ${answer.body.code ?? ''}, ${fault}`);
      }
      measured(`authorization matrix: ${name}`, { operations: operations.length, unexpected: faults.length });
      expect(faults).toEqual([]);
      expect(operations.length).toBeGreaterThan(40);
    },
    120_000,
  );

  it('the actors have the roles that the expectation is computed from', async () => {
    for (const { authorization, roles } of actors.values()) {
      if (!roles || authorization === undefined) continue;
      const { body } = (await server
        .http()
        .get('/api/v1/roles/me/permissions')
        .set('authorization', authorization)) as {
        body: { server_roles: string[]; family_role: string | null };
      };
      expect({ server: [...body.server_roles].sort(), family: body.family_role }).toEqual({
        server: [...roles.server].sort(),
        family: roles.family,
      });
    }
  });

  it('an id that nobody has is answered like one of somebody else', async () => {
    const { authorization = '' } = actors.get("another family's parent") ?? {};
    for (const path of ['family/members', 'family/invitations', 'users', 'memories', 'conversations']) {
      const method = path === 'family/invitations' ? 'delete' : 'get';
      const suffix = path === 'users' ? '/profile' : '';
      const theirs =
        path === 'users'
          ? family.parent.userId
          : path === 'family/members'
            ? family.parent.memberId
            : await rowFor({ id: ROW_OF[path] ?? '' } as Operation);
      const [one, other] = await Promise.all(
        [theirs, uuidv7()].map((id) =>
          server.http()[method](`/api/v1/${path}/${id}${suffix}`).set('authorization', authorization),
        ),
      );
      const shape = (answer: unknown): object => ({ ...(answer as { body: object }).body, request_id: '' });
      expect(one?.status).toBe(404);
      expect(shape(one)).toEqual(shape(other));
    }
  });
});
