import { randomBytes } from 'node:crypto';
import type { Answer, ServerProcess } from '../process.js';

const PASSWORD = 'violet-harbour-93-teapots';

/** Somebody with an account and a session, as requests to processes need them. */
export interface Person {
  readonly email: string;
  readonly password: string;
  readonly userId: string;
  readonly memberId: string;
  readonly token: string;
  readonly refreshToken: string;
}

interface Session {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** Registers the first account of an empty server and signs it in; by the set-up token where the log tells one. */
export async function newFirstPerson(server: ServerProcess): Promise<Person> {
  const token = /setup_token\\": \\"([^\\]+)/.exec(server.stdout)?.[1];
  return register(server, token === undefined ? {} : { setup_token: token });
}

/** Lets somebody into the family of `parent`. */
export async function newRelative(server: ServerProcess, parent: Person, role: 'parent' | 'teenager'): Promise<Person> {
  const { token } = parent;
  const { code } = await told<{ code: string }>(server, 201, 'POST', '/family/invitations', { token, body: { role } });
  return register(server, { invitation: code });
}

/** Signs somebody in once more: another session of the same person. */
export function signInAgain(server: ServerProcess, { email, password }: Person): Promise<Person> {
  return signIn(server, email, password);
}

/** The body of an answer that must have this status. */
export async function told<Body>(
  server: ServerProcess,
  status: number,
  ...request: Parameters<ServerProcess['call']>
): Promise<Body> {
  const answer = (await server.call(...request)) as Answer<Body>;
  if (answer.status !== status) {
    const [method, path] = request;
    throw new Error(`${method} ${path} was answered with ${String(answer.status)}: ${JSON.stringify(answer.body)}`);
  }
  return answer.body;
}

async function register(server: ServerProcess, by: object): Promise<Person> {
  const email = `person-${randomBytes(6).toString('hex')}@example.org`;
  await told(server, 201, 'POST', '/auth/register', {
    body: { email, password: PASSWORD, first_name: 'Ada', ...by },
  });
  return signIn(server, email, PASSWORD);
}

async function signIn(server: ServerProcess, email: string, password: string): Promise<Person> {
  const session = await told<Session>(server, 200, 'POST', '/auth/login', { body: { email, password } });
  const token = session.access_token;
  const me = await told<{ id: string; member_id: string }>(server, 200, 'GET', '/auth/me', { token });
  return { email, password, userId: me.id, memberId: me.member_id, token, refreshToken: session.refresh_token };
}
