import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

/** The hot route may remember sessions for some seconds; nobody must notice. */
const REMEMBERED = '/api/v1/family/members';

describe('rights are those of this moment, also where sessions are remembered', () => {
  let server: TestApp;
  let family: TestFamily;
  let person: FamilyMember;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    await newFirstAdmin(server);
    family = await newFamily(server);
    person = await newMember(server, family, 'grandparent');
  });
  afterAll(() => server.close());

  async function read(): Promise<{ status: number; ids: readonly string[] }> {
    const answer = await server.http().get(REMEMBERED).set('authorization', person.bearer);
    const { data = [] } = answer.body as { data?: readonly { id: string }[] };
    return { status: answer.status, ids: data.map(({ id }) => id) };
  }

  const asParent = (method: 'post' | 'delete', path: string, body?: object, { bearer } = family.parent) =>
    server.http()[method](path).set('authorization', bearer).send(body);

  it('lost ones are lost at once, and gained ones are there at once', async () => {
    expect((await read()).status).toBe(200);
    await asParent('delete', `${REMEMBERED}/${person.memberId}`).expect(204);
    // Twice, because the refusal must not be remembered either.
    for (let time = 0; time < 2; time += 1) expect((await read()).status).toBe(403);
    const code = await newInvitation(server, family, { role: 'grandparent' });
    await asParent('post', '/api/v1/family/invitations/accept', { code }, person).expect(200);
    const { status, ids } = await read();
    expect(status).toBe(200);
    expect(ids).toContain(family.parent.memberId);
  });

  it('another family is shown as soon as the session acts in it', async () => {
    const other = await newFamily(server, 'Other');
    const code = await newInvitation(server, other, { role: 'grandparent' });
    await asParent('post', '/api/v1/family/invitations/accept', { code }, person).expect(200);
    await asParent('post', `/api/v1/auth/family/${other.familyId}`, undefined, person).expect(200);
    expect((await read()).ids).toContain(other.parent.memberId);
    await asParent('post', `/api/v1/auth/family/${family.familyId}`, undefined, person).expect(200);
    const { ids } = await read();
    expect(ids).toContain(family.parent.memberId);
    expect(ids).not.toContain(other.parent.memberId);
  });

  it('an ended session is refused at the next request', async () => {
    expect((await read()).status).toBe(200);
    await asParent('post', '/api/v1/auth/logout', undefined, person).expect(204);
    for (let time = 0; time < 2; time += 1) expect((await read()).status).toBe(401);
  });
});
