/**
 * An OpenID provider on this machine, to try sign-in by a provider: whoever types a name there is that person. For
 * development only: it takes any password and forgets everybody at its end.
 *
 * --port PORT      where it listens (4400)
 * --server URL     address of the Family Assistant that signs people in by it (http://127.0.0.1:3000)
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4400' },
    server: { type: 'string', default: 'http://127.0.0.1:3000' },
  },
});

const http = createServer();
await new Promise((resolve, reject) => {
  http.once('error', reject);
  http.listen(Number(values.port), '127.0.0.1', resolve);
});
const issuer = `http://127.0.0.1:${http.address().port}`;
const client = { client_id: 'family-assistant', client_secret: 'only-for-this-machine' };

/** maria becomes María's account there: maria@example.org, verified. */
const personOf = (name) => ({
  sub: name,
  name,
  email: `${name.toLowerCase().replaceAll(/[^a-z0-9._-]/g, '')}@example.org`,
  email_verified: true,
});

const provider = new Provider(issuer, {
  clients: [{ ...client, redirect_uris: [`${values.server}/api/v1/auth/callback/local`] }],
  claims: { email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  pkce: { required: () => true },
  findAccount: (_context, name) => ({ accountId: name, claims: () => personOf(name) }),
});
http.on('request', provider.callback());

const entry = { id: 'local', name: 'Local', issuer, ...client };
console.log(`An OpenID provider listens on ${issuer}. Start the server with`);
console.log(`OIDC_PROVIDERS='${JSON.stringify([entry])}' make run`);
console.log(`and open ${values.server}/api/v1/auth/login/local in a browser.`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
