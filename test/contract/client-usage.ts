import type { components, operations } from './client.js';

/**
 * What somebody writes who builds an app on the generated client. Nothing runs it: the contract is broken for them when
 * it does not type-check any more.
 */

type Schemas = components['schemas'];
type Operations = operations;
type JsonIn<Message> = Message extends { content: { 'application/json': infer Json } } ? Json : undefined;

/** The JSON that an operation answers with when it succeeds. */
type AnswerOf<Id extends keyof Operations> = Operations[Id]['responses'] extends infer Responses
  ? { [Status in keyof Responses]: Status extends 200 | 201 ? JsonIn<Responses[Status]> : never }[keyof Responses]
  : never;

/** The JSON that an operation takes. */
type BodyOf<Id extends keyof Operations> = Operations[Id] extends { requestBody?: infer Body }
  ? [NonNullable<Body>] extends [never]
    ? undefined
    : JsonIn<NonNullable<Body>>
  : undefined;

/** The problem that an operation may answer with. */
type ProblemOf<
  Id extends keyof Operations,
  Status extends keyof Operations[Id]['responses'],
> = Operations[Id]['responses'][Status] extends {
  content: { 'application/problem+json': infer Problem };
}
  ? Problem
  : never;

type Send = <Id extends keyof Operations>(
  operation: Id,
  ...body: undefined extends BodyOf<Id> ? [] : [BodyOf<Id>]
) => Promise<AnswerOf<Id>>;

/** A first evening with the server: register, sign in, add a child, invite the grandmother, read the family. */
export async function firstEvening(send: Send): Promise<readonly string[]> {
  const account = await send('Auth_register', {
    email: 'maria@example.org',
    password: 'violet-harbour-93-teapots',
    first_name: 'María',
  });
  const { access_token, user } = await send('Auth_login', {
    email: account.email ?? 'maria@example.org',
    password: 'violet-harbour-93-teapots',
    remember_me: true,
  });
  const token: string | undefined = access_token;
  const leo = await send('Members_create', {
    first_name: 'Leo',
    role: 'child',
    birth_date: '2015-02-28',
    telegram_id: null,
  });
  const { code, expires_at } = await send('Invitations_create', { role: 'grandparent', expires_in_hours: 24 });
  const page = await send('Members_list');
  const next: string | null = page.next_cursor;
  return [
    user.id,
    token ?? '',
    leo.birth_date ?? 'unknown',
    code,
    expires_at,
    next ?? '',
    ...page.data.map(({ first_name }) => first_name),
  ];
}

/** A day with an assistant: it notes what is said, remembers, finds, corrects, and reads who somebody is. */
export async function aDay(send: Send): Promise<readonly (string | null)[]> {
  const { extract } = await send('Conversations_create', { title: null, visibility: 'family' });
  const { data: turns } = await send('Conversations_addTurns', {
    turns: [{ role: 'user', content: 'We moved to Lisbon', speaker: null, metadata: { app: 'chat' } }],
  });
  const { effects, ...memory } = await send('Memory_create', { content: 'We live in Lisbon', valid_from: 'June 2020' });
  const corrected = await send('Memory_update', { valid_to: null, tags: [] });
  const { results } = await send('Search_search', { query: 'Where do we live?', as_of: '2018', explain: true });
  const { home_location: home } = await send('Profile_read');
  const where = Array.isArray(home.value) ? home.value.join() : home.value;
  return [
    extract === null ? 'as the family has set' : String(extract),
    ...turns.map(({ speaker_id }) => speaker_id),
    ...effects.map(({ effect }) => effect),
    memory.valid_to,
    corrected.superseded_by,
    ...results.map(({ content, score }) => `${content} ${score.toFixed(2)}`),
    where,
    home.source_memory_id,
  ];
}

/** Programs decide by `code`, and forms show the errors of their fields. */
export function explain(problem: ProblemOf<'Members_create', 400>): string {
  if (problem.code === 'rate_limit_exceeded') return `again in ${String(problem.retry_after ?? 1)} s`;
  return (
    (problem.errors ?? []).map(({ field, messages }) => `${field}: ${messages.join()}`).join('\n') || problem.detail
  );
}

/** True where a type takes a value; the lines below fail to compile otherwise. */
type Takes<Type, Value> = [Value] extends [Type] ? true : false;

export const PROMISES = {
  rolesAreClosed: false satisfies Takes<Schemas['CreateMemberRequest']['role'], 'king'>,
  rolesAreKnown: true satisfies Takes<Schemas['CreateMemberRequest']['role'], 'teenager'>,
  namesAreRequired: false satisfies Takes<Schemas['CreateMemberRequest'], { role: 'child' }>,
  changesAreOptional: true satisfies Takes<Schemas['UpdateMemberRequest'], { role: 'child' }>,
  fieldsCanBeEmptied: true satisfies Takes<Schemas['UpdateMemberRequest'], { last_name: null }>,
  namesCannotBeEmptied: false satisfies Takes<Schemas['UpdateMemberRequest'], { first_name: null }>,
  familyMayBeMissing: true satisfies Takes<Schemas['MeResponse']['family'], null>,
  contentIsRequired: false satisfies Takes<Schemas['CreateMemoryRequest'], { visibility: 'family' }>,
  visibilitiesAreClosed: false satisfies Takes<Schemas['CreateMemoryRequest']['visibility'], 'public'>,
  subjectsCanBeEmptied: true satisfies Takes<Schemas['UpdateMemoryRequest'], { subject_id: null }>,
  contentCannotBeEmptied: false satisfies Takes<Schemas['UpdateMemoryRequest'], { content: null }>,
  permissionsAreBooleans: true satisfies Takes<boolean, Schemas['MeResponse']['permissions']['manage_users']>,
};
