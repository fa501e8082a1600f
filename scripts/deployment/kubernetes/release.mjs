/** The release of docs/operations/KUBERNETES.md: its secrets, its values, and a person who uses it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { personAt } from '../docker.mjs';
import { kubectl, serviceUrl } from './cluster.mjs';

export const ACCOUNT = { email: 'ada@example.org', password: 'violet-harbour-93-teapots' };
const MEMORY = 'We live in Lisbon';

/** Another rule than the shipped ones, for `alerting.rules`. */
export const RULES = { groups: [{ name: 'kitchen', rules: [{ record: 'home:answer', expr: 'vector(42)' }] }] };

/**
 * The commands that make the secrets, with what the page can only give an example of.
 * @param {string} folder of scripts/deployment/secrets.sh
 */
export function withSecrets(folder) {
  const of = (name) => readFileSync(join(folder, 'secrets', name), 'utf8').trim();
  const given = {
    'postgresql://family_app:...@db.example.org/family': of('database_url'),
    'postgresql://family_owner:...@db.example.org/family': of('database_owner_url'),
    'postgresql://family_backup:...@db.example.org/family': of('backup_database_url'),
    'redis://:...@redis.example.org:6379/0': of('redis_url'),
  };
  return (commands) =>
    Object.entries(given).reduce((text, [example, value]) => {
      if (!text.includes(example)) throw new Error(`the page has no ${example}`);
      return text.replace(example, value);
    }, commands);
}

/**
 * The values of the page, as far as a cluster without a bucket and without certificates can have them, in `values.yaml`.
 * @param {string} folder
 * @param {string} page their text
 * @param {string} tag of the images
 */
export function writeValues(folder, page, tag) {
  const values = parse(page);
  const [recipient] = /age1[a-z0-9]+/.exec(readFileSync(join(folder, 'recipient'), 'utf8')) ?? [];
  const { PUBLIC_URL, TRUSTED_PROXIES } = values.settings;
  const secrets = without(values.secrets, 'BACKUP_S3_SECRET_ACCESS_KEY');
  const peer = (app) => ({ to: [{ podSelector: { matchLabels: { app } } }] });
  write(folder, {
    ...values,
    image: { repository: 'family-assistant', tag },
    settings: {
      PUBLIC_URL,
      TRUSTED_PROXIES,
      BACKUP_RECIPIENTS: [recipient],
      // Bounds of requests are for people, not for 200 a second of one of them.
      RATE_LIMIT_MULTIPLIER: 100,
      // What is asked is whether another release loses requests: one that waits on a busy machine is not lost.
      DATABASE_CONNECT_TIMEOUT: 30_000,
    },
    secrets,
    backup: { ...values.backup, volume: { existingClaim: 'backups' } },
    alerting: { rules: { configMap: 'rules' } },
    networkPolicy: {
      ingress: { api: [{ ipBlock: { cidr: '0.0.0.0/0' } }] },
      egress: { database: peer('postgres'), redis: peer('redis') },
    },
  });
}

/** An object without one of its fields. */
export const without = (object, name) => Object.fromEntries(Object.entries(object).filter(([each]) => each !== name));

/** Changes `values.yaml`. @param {(values: object) => object} change */
export function changeValues(folder, change) {
  write(folder, change(parse(readFileSync(join(folder, 'values.yaml'), 'utf8'))));
}

const write = (folder, values) => {
  writeFileSync(join(folder, 'values.yaml'), stringify(values));
};

/** Makes the first account, with the token of the servers' log, and lets it remember something. */
export async function moveIn(log) {
  const [, token] = /setup_token\\": \\"([^\\]+)/.exec(log) ?? [];
  if (token === undefined) throw new Error('the log has no set-up token');
  const person = personAt(serviceUrl());
  const { status } = await person.post('/api/v1/auth/register', { ...ACCOUNT, first_name: 'Ada', setup_token: token });
  if (status !== 201) throw new Error(`the registration answered ${status}`);
  await person.signIn(ACCOUNT.email, ACCOUNT.password);
  await person.post('/api/v1/memories', { content: MEMORY });
}

/** What the person finds: the ids of what was remembered. */
export async function remembered(person) {
  const { status, body } = await person.post('/api/v1/memories/search', { query: 'Where do we live?' });
  if (status !== 200) throw new Error(`the search answered ${status}`);
  return body.results.filter(({ content }) => content === MEMORY).map(({ id }) => id);
}

/** The person of the checks, wherever the Service is. Signs in again whenever a token is asked for, and when one has ended. */
export function newPerson() {
  let known;
  const signed = async () => {
    if (known === undefined) {
      known = personAt(serviceUrl());
      await known.signIn(ACCOUNT.email, ACCOUNT.password);
    }
    return known;
  };
  return {
    url: serviceUrl,
    token: async () => (await signIn()).access,
    signInAnew: async () => {
      known = undefined;
      await signed();
    },
    post: async (path, body) => {
      const answer = await (await signed()).post(path, body);
      if (answer.status !== 401) return answer;
      known = undefined;
      return (await signed()).post(path, body);
    },
    delete: async (path) => {
      const headers = { authorization: `Bearer ${(await signIn()).access}` };
      return (await fetch(`${serviceUrl()}${path}`, { method: 'DELETE', headers })).status;
    },
  };
}

/** The tokens of a new session. */
export async function signIn() {
  const { status, body } = await personAt(serviceUrl()).post('/api/v1/auth/login', ACCOUNT);
  if (status !== 200) throw new Error(`the sign-in answered ${status}`);
  return { access: body.access_token, refresh: body.refresh_token };
}

/** How a server answers somebody with an access token, over a connection of its own. */
export async function statusFor(token, limit = 30_000) {
  const answer = await fetch(`${serviceUrl()}/api/v1/auth/me`, {
    headers: { authorization: `Bearer ${token}`, connection: 'close' },
    signal: AbortSignal.timeout(limit),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Writes keys of a Secret anew, or takes out those that are null. */
export function patchSecret(name, data) {
  const stringData = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null));
  const gone = Object.fromEntries(Object.entries(data).filter(([, value]) => value === null));
  kubectl('patch', 'secret', name, '--patch', JSON.stringify({ stringData, data: gone }));
}

/** A key of a Secret. */
export const secretValue = (name, key) =>
  Buffer.from(JSON.parse(kubectl('get', 'secret', name, '--output', 'json')).data[key], 'base64').toString();
