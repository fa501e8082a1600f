/**
 * Whether a server that was just deployed works for somebody outside:
 *
 *   node scripts/deployment/smoke.mjs https://family.example.org
 *
 * SMOKE_EMAIL and SMOKE_PASSWORD name an account of its own, as which it signs in, remembers, finds and erases one thing.
 * Needs nothing but Node. Exit code 2: it was called wrongly.
 */
import { randomUUID } from 'node:crypto';
import { newChecks } from './checks.mjs';

/** Milliseconds that one answer may take. */
const PATIENCE = 15_000;
const { SMOKE_EMAIL: email, SMOKE_PASSWORD: password } = process.env;
const base = readAddress(process.argv[2]);
const { check, failures, end } = newChecks();

await check('it is alive', async () => is(await ask('/health/live'), 200));
await check('it is ready', async () => is(await ask('/health/ready'), 200));
await check('it describes itself', async () => is(await ask('/docs'), 200));
await check('a stranger gets nothing', async () => is(await ask('/api/v1/auth/me'), 401, 'unauthenticated'));
await check('a stranger sees no metrics', async () => (await ask('/metrics')).status !== 200);
await check('answers are not taken for something else', async () => {
  const { headers } = await ask('/api/v1/auth/me');
  return headers.get('x-content-type-options') === 'nosniff' && headers.get('cache-control') === 'no-store';
});
if (base.protocol === 'https:')
  await check('browsers stay with HTTPS', async () =>
    (await ask('/api/v1/auth/me')).headers.has('strict-transport-security'),
  );
if (email && password && failures() === 0) await remember();
else
  console.log(
    `not tried: signing in (${email && password ? 'what comes before it failed' : 'no SMOKE_EMAIL and SMOKE_PASSWORD'})`,
  );
end();

/** What the product is for, once; nothing stays. */
async function remember() {
  const content = `Smoke test ${randomUUID()}`;
  let authorization;
  let id;
  await check('signs in', async () => {
    const answer = await ask('/api/v1/auth/login', { method: 'POST', body: { email, password } });
    authorization = `Bearer ${answer.body.access_token}`;
    return is(answer, 200);
  });
  await check('remembers', async () => {
    const answer = await ask('/api/v1/memories', { method: 'POST', authorization, body: { content } });
    id = answer.body.id;
    return is(answer, 201);
  });
  await check('finds it again', async () => {
    const { body } = await ask('/api/v1/memories/search', { method: 'POST', authorization, body: { query: content } });
    return body.results?.some((result) => result.id === id) ?? false;
  });
  await check('erases it', async () =>
    is(await ask(`/api/v1/memories/${id}`, { method: 'DELETE', authorization }), 204),
  );
  await check('signs out', async () => is(await ask('/api/v1/auth/logout', { method: 'POST', authorization }), 204));
}

async function ask(path, { method = 'GET', authorization, body } = {}) {
  const response = await fetch(new URL(path, base), {
    method,
    headers: {
      ...(authorization ? { authorization } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(text) };
}

/** Its body is never printed: it may hold tokens. */
function is({ status, body }, wanted, code) {
  if (status !== wanted || (code && body.code !== code)) throw new Error(`answers ${status} ${body.code ?? ''}`.trim());
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function readAddress(text) {
  const url = URL.canParse(text ?? '') ? new URL(text) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol)) return url;
  console.error('usage: smoke.mjs https://ADDRESS');
  process.exit(2);
}
