import { randomBytes } from 'node:crypto';
import { managerOf, TransactionRunner, type Transaction } from '../../src/platform/database/index.js';
import type { FamilyRole } from '../../src/platform/security/index.js';
import { SetupToken } from '../../src/modules/auth/setup-token.js';
import type { components } from '../contract/client.js';
import type { TestApp } from './create-app.js';

export const PASSWORD = 'violet-harbour-93-teapots';

/** Somebody with an account and a live session. */
export interface SignedIn {
  readonly userId: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** The `Authorization` header. */
  readonly bearer: string;
}

export interface FamilyMember extends SignedIn {
  readonly memberId: string;
  readonly familyId: string;
}

export interface TestFamily {
  readonly familyId: string;
  readonly parent: FamilyMember;
}

interface Body<T> {
  readonly body: T;
}

/** What the server answered, with a body of the type that the test expects. */
export interface Answer<T> {
  readonly status: number;
  /** Media type, without its parameters. */
  readonly type: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: readonly string[];
  readonly body: T;
}

/** The problem that a test expects, for `toMatchObject`: its code and, where given, exactly these bad fields in this order. */
export function problem(status: number, code: string, ...fields: readonly string[]): object {
  const errors = fields.length === 0 ? {} : { errors: fields.map((field) => ({ field })) };
  return { status, type: 'application/problem+json', body: { status, code, ...errors } };
}

/** A page of any list. */
export interface PageOf<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** Somebody who asks the server, below `/api/v1`. */
export class Caller {
  constructor(
    private readonly server: TestApp,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** The same person with other headers besides. */
  with(headers: Readonly<Record<string, string>>): Caller {
    return new Caller(this.server, { ...this.headers, ...headers });
  }

  get<T = unknown>(path: string): Promise<Answer<T>> {
    return this.send<T>('get', path);
  }

  post<T = unknown>(path: string, body?: object | string): Promise<Answer<T>> {
    return this.send<T>('post', path, body);
  }

  put<T = unknown>(path: string, body: object): Promise<Answer<T>> {
    return this.send<T>('put', path, body);
  }

  patch<T = unknown>(path: string, body: object): Promise<Answer<T>> {
    return this.send<T>('patch', path, body);
  }

  delete<T = unknown>(path: string): Promise<Answer<T>> {
    return this.send<T>('delete', path);
  }

  /** Every row of a list, page by page, the way a client walks it. */
  async walk<T>(path: string, limit: number): Promise<T[][]> {
    const pages: T[][] = [];
    let cursor: string | null = null;
    do {
      const query: string = new URLSearchParams({
        limit: String(limit),
        ...(cursor === null ? {} : { cursor }),
      }).toString();
      const { body }: Answer<PageOf<T>> = await this.get<PageOf<T>>(`${path}${path.includes('?') ? '&' : '?'}${query}`);
      pages.push([...body.data]);
      cursor = body.next_cursor;
    } while (cursor !== null && pages.length < 100);
    return pages;
  }

  private async send<T>(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    body?: object | string,
  ): Promise<Answer<T>> {
    const request = this.server.http()[method](`/api/v1${path}`).set(this.headers);
    const response = await (body === undefined ? request : request.send(body));
    return {
      status: response.status,
      type: response.type,
      headers: response.headers,
      cookies: response.get('Set-Cookie') ?? [],
      body: response.body as T,
    };
  }
}

/** Asks on behalf of somebody. */
export const as = (server: TestApp, { bearer }: Pick<SignedIn, 'bearer'>): Caller =>
  new Caller(server, { authorization: bearer });

/** Asks without a credential. */
export const nobody = (server: TestApp): Caller => new Caller(server);

/** Statements on accounts, for states that no request brings about: an imported password, a session of yesterday. */
export function asIdentity<Row>(server: TestApp, statement: string, values: readonly unknown[]): Promise<Row[]> {
  return query<Row>(server, statement, values, () => Promise.resolve());
}

/** The same on a family's rows, which row-level security shows to nobody who is not in that family. */
export function inFamily<Row>(
  server: TestApp,
  familyId: string,
  statement: string,
  values: readonly unknown[],
): Promise<Row[]> {
  return query<Row>(server, statement, values, (tx, runner) => runner.actInFamily(tx, familyId));
}

async function query<Row>(
  server: TestApp,
  statement: string,
  values: readonly unknown[],
  enter: (tx: Transaction, runner: TransactionRunner) => Promise<void>,
): Promise<Row[]> {
  const runner = server.app.get(TransactionRunner);
  return runner.runAsIdentity(async (tx) => {
    await enter(tx, runner);
    return managerOf(tx).query<Row[]>(statement, [...values]);
  });
}

let counter = 0;
export const uniqueEmail = (name = 'person'): string =>
  `${name}-${String((counter += 1))}-${randomBytes(4).toString('hex')}@example.org`;

/** Makes the first account of an empty server: an admin who is the parent of the first family. */
export async function newFirstAdmin(server: TestApp): Promise<FamilyMember> {
  const email = uniqueEmail('admin');
  await server
    .http()
    .post('/api/v1/auth/register')
    .send({ email, password: PASSWORD, first_name: 'Ada', last_name: 'Lovelace', ...setupToken(server) })
    .expect(201);
  return withMembership(server, await signIn(server, email));
}

/** What the first registration of a server needs that others could reach. */
function setupToken({ app }: TestApp): { setup_token?: string } {
  const token = app.get(SetupToken);
  return token.isNeeded ? { setup_token: token.value } : {};
}

/** A family with one parent, isolated from every other one. For servers with `REGISTRATION=open` (or empty ones). */
export async function newFamily(server: TestApp, name = 'Núñez'): Promise<TestFamily> {
  const email = uniqueEmail('parent');
  await server
    .http()
    .post('/api/v1/auth/register')
    .send({ email, password: PASSWORD, first_name: 'María', last_name: name, family_name: name })
    .expect(201);
  const parent = await withMembership(server, await signIn(server, email));
  return { familyId: parent.familyId, parent };
}

/** A profile without an account. */
export async function newProfile(
  server: TestApp,
  family: TestFamily,
  role: FamilyRole,
  fields: object = {},
): Promise<string> {
  const { body } = (await server
    .http()
    .post('/api/v1/family/members')
    .set('authorization', family.parent.bearer)
    .send({ first_name: 'Leo', role, ...fields })
    .expect(201)) as Body<{ id: string }>;
  return body.id;
}

/** A member with an account, who came by an invitation. */
export async function newMember(
  server: TestApp,
  family: TestFamily,
  role: Exclude<FamilyRole, 'child'>,
): Promise<FamilyMember> {
  const code = await newInvitation(server, family, { role });
  return newGuest(server, code);
}

/** A child with an account: a teenager's account whose member a parent has made a child. */
export async function newChild(server: TestApp, family: TestFamily): Promise<FamilyMember> {
  const member = await newMember(server, family, 'teenager');
  await server
    .http()
    .patch(`/api/v1/family/members/${member.memberId}`)
    .set('authorization', family.parent.bearer)
    .send({ role: 'child' })
    .expect(200);
  return member;
}

/** An invitation's code. */
export async function newInvitation(server: TestApp, family: TestFamily, request: object): Promise<string> {
  const { body } = (await server
    .http()
    .post('/api/v1/family/invitations')
    .set('authorization', family.parent.bearer)
    .send(request)
    .expect(201)) as Body<{ code: string }>;
  return body.code;
}

/** Registers somebody new by an invitation's code and signs them in. */
export async function newGuest(server: TestApp, code: string): Promise<FamilyMember> {
  const email = uniqueEmail('guest');
  await server
    .http()
    .post('/api/v1/auth/register')
    .send({ email, password: PASSWORD, first_name: 'Leo', invitation: code })
    .expect(201);
  return withMembership(server, await signIn(server, email));
}

/** Signs somebody in. */
export async function signIn(server: TestApp, email: string, password = PASSWORD): Promise<SignedIn> {
  const { body } = (await server.http().post('/api/v1/auth/login').send({ email, password }).expect(200)) as Body<{
    access_token: string;
    refresh_token: string;
    user: { id: string };
  }>;
  return {
    userId: body.user.id,
    email,
    password,
    accessToken: body.access_token,
    refreshToken: body.refresh_token,
    bearer: `Bearer ${body.access_token}`,
  };
}

async function withMembership(server: TestApp, person: SignedIn): Promise<FamilyMember> {
  const { body } = (await server
    .http()
    .get('/api/v1/auth/me')
    .set('authorization', person.bearer)
    .expect(200)) as Body<{
    member_id: string;
    family: { id: string };
  }>;
  return { ...person, memberId: body.member_id, familyId: body.family.id };
}

/** An API key of somebody's, and who asks by it. */
export interface MadeKey {
  readonly id: string;
  readonly secret: string;
  readonly caller: Caller;
}

/** Makes an API key. */
export async function newApiKey(
  server: TestApp,
  owner: Pick<SignedIn, 'bearer'>,
  scopes: readonly string[],
  fields: object = {},
): Promise<MadeKey> {
  const { status, body } = await as(server, owner).post<{ key_id: string; key_secret: string }>('/api-keys', {
    name: 'A key',
    scopes,
    ...fields,
  });
  if (status !== 201) throw new Error(`POST /api-keys was answered with ${String(status)}: ${JSON.stringify(body)}`);
  return { id: body.key_id, secret: body.key_secret, caller: byKey(server, body.key_secret) };
}

/** Asks by an API key. */
export const byKey = (server: TestApp, secret: string): Caller => new Caller(server, { 'x-api-key': secret });

type Schemas = components['schemas'];
export type MemoryBody = Schemas['MemoryResponse'];
export type RememberedBody = Schemas['RememberedResponse'];
export type HistoryBody = Schemas['HistoryResponse'];
export type FoundBody = Schemas['SearchResponse'];
export type ConversationBody = Schemas['ConversationResponse'];
export type TurnBody = Schemas['TurnResponse'];

/** Something that somebody remembers. */
export async function newMemory(
  server: TestApp,
  person: Pick<SignedIn, 'bearer'>,
  content: string,
  fields: object = {},
): Promise<RememberedBody> {
  const { status, body } = await as(server, person).post<RememberedBody>('/memories', { content, ...fields });
  if (status !== 201) throw new Error(`a memory was answered with ${String(status)} ${JSON.stringify(body)}`);
  return body;
}

/** A conversation without turns. */
export async function newConversation(
  server: TestApp,
  person: Pick<SignedIn, 'bearer'>,
  fields: object = {},
): Promise<ConversationBody> {
  const { status, body } = await as(server, person).post<ConversationBody>('/conversations', fields);
  if (status !== 201) throw new Error(`a conversation was answered with ${String(status)}`);
  return body;
}

/** What the signed-in person says in a conversation, or what `turns` say in full. */
export async function newTurns(
  server: TestApp,
  person: Pick<SignedIn, 'bearer'>,
  conversationId: string,
  ...turns: readonly (string | object)[]
): Promise<readonly TurnBody[]> {
  const { status, body } = await as(server, person).post<{ data: TurnBody[] }>(
    `/conversations/${conversationId}/turns`,
    { turns: turns.map((turn) => (typeof turn === 'string' ? { role: 'user', content: turn } : turn)) },
  );
  if (status !== 201) throw new Error(`turns were answered with ${String(status)} ${JSON.stringify(body)}`);
  return body.data;
}

/** What a person finds. */
export async function found(
  server: TestApp,
  person: Pick<SignedIn, 'bearer'>,
  query: string,
  fields: object = {},
): Promise<FoundBody['results']> {
  const { body } = await as(server, person).post<FoundBody>('/memories/search', { query, limit: 100, ...fields });
  return body.results;
}

/** Statements on all rows of a family, as a background job sees them. */
export function asWorker<Row>(
  server: TestApp,
  familyId: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return server.app
    .get(TransactionRunner)
    .runAsWorker(familyId, (tx) => managerOf(tx).query<Row[]>(statement, [...values]));
}

/** Jobs of a queue that have not succeeded yet. */
export async function pendingJobs(server: TestApp, familyId: string, queue: string): Promise<number> {
  const [row] = await asWorker<{ n: number }>(
    server,
    familyId,
    `SELECT count(*)::int AS n FROM jobs.job WHERE queue = $1 AND payload ->> 'family_id' = $2`,
    [queue, familyId],
  );
  return row?.n ?? 0;
}
