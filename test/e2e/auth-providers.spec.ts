import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFirstAdmin, uniqueEmail } from '../support/factories.js';
import { CLIENT, Upstream } from '../support/oidc/upstream.js';
import { callbackOf, PUBLIC_URL, Visitor } from '../support/oidc/visitor.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

let upstream: Upstream;
let server: TestApp;

beforeAll(async () => {
  upstream = await Upstream.start([callbackOf('home')]);
  const home = { id: 'home', name: 'Home', issuer: upstream.issuer, client_id: CLIENT.id, client_secret: CLIENT.secret };
  server = await startApp({ env: { REGISTRATION: 'open', PUBLIC_URL, OIDC_PROVIDERS: JSON.stringify([home]) } });
  await newFirstAdmin(server);
});
afterEach(() => {
  upstream.restore();
});
afterAll(async () => {
  await server.close();
  await upstream.close();
});

describe('a sign-in by a provider', () => {
  it('makes an account', async () => {
    upstream.person = { sub: 'maria', email: uniqueEmail(), email_verified: true, given_name: 'María' };
    const answer = await (await Visitor.begin(server, 'home')).goThrough(upstream);
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'bearer', user: { name: 'María' } } });
  });
});
