import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  newProfile,
  nobody,
  PASSWORD,
  problem,
  uniqueEmail,
} from '../support/factories.js';

/** What somebody may try who is about to lose their place in a family. */
describe('invitations and changes of role', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    await newFirstAdmin(server);
  });
  afterAll(() => server.close());

  it('a parent who is removed does not come back by an invitation made before', async () => {
    const family = await newFamily(server);
    const other = await newMember(server, family, 'parent');
    const code = await newInvitation(server, { ...family, parent: other }, { role: 'parent' });
    expect(await as(server, family.parent).delete(`/family/members/${other.memberId}`)).toMatchObject({ status: 204 });
    expect(await as(server, other).post('/family/invitations/accept', { code })).toMatchObject(
      problem(404, 'invitation_invalid'),
    );
  });

  it('nor does one who is a parent no longer', async () => {
    const family = await newFamily(server);
    const other = await newMember(server, family, 'parent');
    const code = await newInvitation(server, { ...family, parent: other }, { role: 'parent' });
    const demoted = await as(server, family.parent).patch(`/family/members/${other.memberId}`, { role: 'grandparent' });
    expect(demoted).toMatchObject({ status: 200 });
    const guest = { email: uniqueEmail(), password: PASSWORD, first_name: 'Eve', invitation: code };
    expect(await nobody(server).post('/auth/register', guest)).toMatchObject(problem(404, 'invitation_invalid'));
  });

  it('an invitation for a profile ends when the profile gets another role', async () => {
    const family = await newFamily(server);
    const memberId = await newProfile(server, family, 'teenager');
    const code = await newInvitation(server, family, { member_id: memberId });
    await as(server, family.parent).patch(`/family/members/${memberId}`, { role: 'child' });
    const guest = { email: uniqueEmail(), password: PASSWORD, first_name: 'Leo', invitation: code };
    expect(await nobody(server).post('/auth/register', guest)).toMatchObject(problem(404, 'invitation_invalid'));
  });
});
