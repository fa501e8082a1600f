import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig, type ConfigProblem, type Environment } from './load-config.js';

const HOME = {
  id: 'home',
  name: 'Home',
  issuer: 'https://id.example.org',
  client_id: 'family',
  client_secret: 'hush-hush',
};
const list = (...entries: readonly unknown[]): Environment => ({ OIDC_PROVIDERS: JSON.stringify(entries) });

function problems(env: Environment): readonly ConfigProblem[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('OIDC_PROVIDERS', () => {
  it('lists providers, public clients among them', () => {
    const open = { ...HOME, client_secret: undefined };
    const { providers } = loadConfig(list(HOME, { ...open, id: 'work' }));
    expect(providers.issuers).toEqual([
      { id: 'home', name: 'Home', issuer: 'https://id.example.org', clientId: 'family', clientSecret: 'hush-hush' },
      { id: 'work', name: 'Home', issuer: 'https://id.example.org', clientId: 'family', clientSecret: undefined },
    ]);
  });

  it.each<[string, Environment]>([
    ['no JSON', { OIDC_PROVIDERS: 'home' }],
    ['no list', { OIDC_PROVIDERS: JSON.stringify(HOME) }],
    ['a list of texts', list('home')],
    ['a missing field', list({ ...HOME, issuer: undefined })],
    ['an empty field', list({ ...HOME, client_id: ' ' })],
    ['a field that nobody knows', list({ ...HOME, scopes: 'all' })],
    ['a secret that is no text', list({ ...HOME, client_secret: 7 })],
    ['an id that is no name', list({ ...HOME, id: 'Home/..' })],
    ['the id of a known provider', list({ ...HOME, id: 'google' })],
    ['an id twice', list(HOME, HOME)],
    ['an issuer that is no address', list({ ...HOME, issuer: 'home' })],
    ['an issuer without encryption', list({ ...HOME, issuer: 'http://id.example.org' })],
    ['an issuer that only looks local', list({ ...HOME, issuer: 'http://localhost.example.org' })],
    ['an issuer in the network without encryption', list({ ...HOME, issuer: 'http://169.254.169.254' })],
    ['an issuer of another protocol', list({ ...HOME, issuer: 'file:///etc/passwd' })],
    ['an issuer with a password', list({ ...HOME, issuer: 'https://a:b@id.example.org' })],
    ['an issuer with a query', list({ ...HOME, issuer: 'https://id.example.org?x=1' })],
    [
      'an issuer on this machine in production',
      { ...list({ ...HOME, issuer: 'http://127.0.0.1:4000' }), NODE_ENV: 'production' },
    ],
  ])('with %s is refused, without telling what it holds', (_title, env) => {
    const found = problems(env);
    expect(found.map(({ variable }) => variable)).toContain('OIDC_PROVIDERS');
    expect(JSON.stringify(found)).not.toContain('hush-hush');
  });

  it.each(['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000'])(
    'may name %s, this machine, during development',
    (issuer) => {
      expect(problems(list({ ...HOME, issuer }))).toEqual([]);
    },
  );
});

describe('client ids and secrets', () => {
  it.each(['GOOGLE', 'DISCORD', 'GITHUB'])('of %s go together', (name) => {
    expect(problems({ [`${name}_CLIENT_ID`]: 'x' }).map(({ variable }) => variable)).toEqual([`${name}_CLIENT_SECRET`]);
    expect(problems({ [`${name}_CLIENT_SECRET`]: 'x' }).map(({ variable }) => variable)).toEqual([`${name}_CLIENT_ID`]);
    expect(problems({ [`${name}_CLIENT_ID`]: 'x', [`${name}_CLIENT_SECRET`]: 'x' })).toEqual([]);
  });
});

it('where others come to the server, people need an address to come back to', () => {
  const env = { ...list(HOME), HOST: '0.0.0.0' };
  expect(problems(env).map(({ variable }) => variable)).toEqual(['PUBLIC_URL']);
  expect(problems({ ...env, PUBLIC_URL: 'https://family.example.org' })).toEqual([]);
});

it.each(['GITHUB_URL', 'DISCORD_URL'])('%s is encrypted, or this machine', (name) => {
  expect(problems({ [name]: 'http://github.example.org' }).map(({ variable }) => variable)).toEqual([name]);
  expect(problems({ [name]: 'https://github.example.org' })).toEqual([]);
});

it.each(['*', 'https://app.example.org/*', 'https://app.example.org/?a=b', 'javascript:alert(1)', '/app'])(
  'SIGN_IN_RETURN_URLS takes no %s',
  (page) => {
    expect(problems({ SIGN_IN_RETURN_URLS: page }).map(({ variable }) => variable)).toEqual(['SIGN_IN_RETURN_URLS']);
  },
);
