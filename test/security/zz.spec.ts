import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFamily, newFirstAdmin, newInvitation, newMember } from '../support/factories.js';
let server: TestApp;
beforeAll(async () => { server = await startApp({ env: { REGISTRATION: 'open' } }); await newFirstAdmin(server); });
afterAll(() => server.close());
it('gain of rights is seen at once on hot route', async () => {
  const home = await newFamily(server);
  const person = await newMember(server, home, 'grandparent');
  await server.http().delete(`/api/v1/family/members/${person.memberId}`).set('authorization', home.parent.bearer).expect(204);
  const r1 = await server.http().get('/api/v1/family/members').set('authorization', person.bearer);
  const r1b = await server.http().get('/api/v1/family/members').set('authorization', person.bearer);
  const code = await newInvitation(server, home, { role: 'grandparent' });
  const r2 = await server.http().post('/api/v1/family/invitations/accept').set('authorization', person.bearer).send({ code });
  await server.http().get('/api/v1/family/members').set('authorization', home.parent.bearer).expect(200);
  const r3 = await server.http().get('/api/v1/family/members').set('authorization', person.bearer);
  expect([r1.status, r1b.status, r2.status, r3.status]).toEqual([403, 403, 200, 200]);
});
