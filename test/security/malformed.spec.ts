import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFamily, newFirstAdmin, signIn, type SignedIn } from '../support/factories.js';
import { Chance } from './chance.js';
import {
  AUTHORIZATIONS,
  BROKEN_JSON,
  CONTENT_TYPES,
  COOKIES,
  HEADERS,
  IDS,
  METHODS,
  nested,
  ODD_TEXTS,
  QUERIES,
  WRONG_VALUES,
  type Header,
} from './malformed-input.js';
import { operationsOf, type Operation } from './operations.js';
import { sendBytes, sendRaw, type RawAnswer } from './raw-http.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const REQUESTS = 1_000;
/** A failing run prints its seed; `FUZZ_SEED` repeats it. */
const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
const NUL = '\u0000';
const LONE = '\ud800';
const JSON_TYPE = ['Content-Type', 'application/json'] as const;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly Header[];
  readonly body?: string;
  /** Field that a 400 must name; for input that no validation of a field may let pass. */
  readonly mustName?: string;
  readonly mustBe?: number;
}

type Kind = (chance: Chance, operation: Operation, plain: Sent) => Sent | undefined;

const withJson = (plain: Sent, body: string): Sent => ({ ...plain, headers: [...plain.headers, JSON_TYPE], body });

/** The example of the operation's body with one field changed; undefined where it takes no body. */
function withField(
  plain: Sent,
  chance: Chance,
  { example }: Operation,
  value: unknown,
): (Sent & { field: string }) | undefined {
  if (!example || Object.keys(example).length === 0) return undefined;
  const field = chance.of(Object.keys(example));
  return { ...withJson(plain, JSON.stringify({ ...example, [field]: value })), field };
}

/** What can be wrong with a request; each is tried on operation after operation. */
const KINDS: Readonly<Record<string, Kind>> = {
  'a wrong value': (chance, operation, plain) => withField(plain, chance, operation, chance.of(WRONG_VALUES)),
  'an odd text': (chance, operation, plain) => withField(plain, chance, operation, chance.of(ODD_TEXTS)),
  'a huge text': (chance, operation, plain) => withField(plain, chance, operation, 'é'.repeat(60_000)),
  'a NUL': (chance, operation, plain) => {
    const sent = withField(plain, chance, operation, `a${NUL}b`);
    return sent && { ...sent, mustName: sent.field, mustBe: 400 };
  },
  'a lone surrogate': (chance, operation, plain) => {
    const sent = withField(plain, chance, operation, chance.of([LONE, `a${LONE}b`, '\udc00', '\udc00\ud800']));
    return sent && { ...sent, mustName: sent.field, mustBe: 400 };
  },
  'a deep field': (chance, operation, plain) => {
    const sent = withField(plain, chance, operation, 'HERE');
    return (
      sent && { ...sent, body: sent.body?.replace('"HERE"', nested(chance.of([25, 200, 50_000]))) ?? '', mustBe: 400 }
    );
  },
  'a field too many': (chance, { example = {} }, plain) =>
    withJson(
      plain,
      JSON.stringify({
        ...example,
        [chance.of(['role ', 'id', 'is_admin', 'family_id', 'user.role', '$where', ''])]: 'admin',
      }),
    ),
  'a field too few': (chance, { example }, plain) => {
    const fields = Object.entries(example ?? {});
    const left = chance.below(fields.length + 1);
    return withJson(plain, JSON.stringify(Object.fromEntries(fields.filter((_, index) => index !== left))));
  },
  'a reach for the prototype': (chance, _operation, plain) =>
    withJson(
      plain,
      chance.of([
        '{"__proto__":{"a":1}}',
        '{"constructor":{"prototype":{"a":1}}}',
        '{"a":{"__proto__":1}}',
        '{"prototype":1}',
        '{"toString":1}',
        '{"hasOwnProperty":1}',
      ]),
    ),
  'a repeated key': (chance, { example = {} }, plain) => {
    const [field = 'a'] = Object.keys(example);
    return withJson(
      plain,
      `{"${field}":${chance.of(['1', '{}', '[]'])},"${field}":${JSON.stringify(example[field] ?? null)},"${field}":[1]}`,
    );
  },
  'broken JSON': (chance, _operation, plain) => withJson(plain, chance.of(BROKEN_JSON)),
  'a bad content type': (chance, { example = {} }, plain) => ({
    ...plain,
    headers: [...plain.headers, ['Content-Type', chance.of(CONTENT_TYPES)]],
    body: JSON.stringify(example),
  }),
  'a body that is too large': (_chance, _operation, plain) => withJson(plain, `{"a":"${'x'.repeat(300_000)}"}`),
  'a bad Authorization': (chance, _operation, plain) => ({
    ...plain,
    headers: [['Authorization', chance.of(AUTHORIZATIONS)]],
  }),
  'a bad cookie': (chance, _operation, plain) => ({
    ...plain,
    headers: [...(chance.below(2) ? plain.headers : []), ['Cookie', chance.of(COOKIES)]],
  }),
  'a bad query': (chance, _operation, plain) => ({ ...plain, path: `${plain.path}?${chance.of(QUERIES)}` }),
  'a bad path': (chance, { path }, plain) => ({
    ...plain,
    path: path.includes('{')
      ? path.replace('{id}', chance.of(IDS))
      : chance.of([
          `${path}/`,
          `${path}%00`,
          `/${path}`,
          `${path}//`,
          `${path}/..`,
          path.replace('e', '%65'),
          `${path}/${chance.of(IDS)}`,
        ]),
  }),
  'a wrong method': (chance, _operation, plain) => ({ ...plain, method: chance.of(METHODS) }),
  'a bad header': (chance, { example }, plain) => ({
    ...(example ? withJson(plain, JSON.stringify(example)) : plain),
    headers: [...plain.headers, ...(example ? [JSON_TYPE] : []), chance.of(HEADERS)],
  }),
};

let server: TestApp;
let operations: readonly Operation[];
let admin: SignedIn;
/** Its sessions are what requests to end sessions may end. */
let spare: SignedIn;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  operations = operationsOf(server);
  admin = await newFirstAdmin(server);
  spare = (await newFamily(server)).parent;
});

afterAll(() => server.close());

/** What the contract says of an error that this answer does not keep. */
function faultOf({ status, headers, body }: RawAnswer): string | undefined {
  if (status === 0) return 'no answer';
  if (status >= 500) return 'a fault of ours';
  if (status < 400) return undefined;
  if (headers['content-type']?.startsWith('application/problem+json') !== true)
    return `content type ${headers['content-type'] ?? 'missing'}`;
  if (headers['x-request-id'] === undefined) return 'no request id';
  if (headers['x-content-type-options'] !== 'nosniff') return 'no security headers';
  if (body === '') return undefined; // the answer to HEAD
  const problem = problemIn(body);
  const texts = ['type', 'title', 'detail', 'code', 'request_id'].filter(
    (member) => typeof problem[member] !== 'string',
  );
  if (texts.length > 0) return `members missing: ${texts.join()}`;
  if (problem['status'] !== status) return 'another status in the body';
  return problem['request_id'] === headers['x-request-id'] ? undefined : 'another request id in the body';
}

const problemIn = (body: string): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;

function fieldsIn(body: string): readonly string[] {
  const { errors } = problemIn(body) as { errors?: readonly { field: string }[] };
  return (errors ?? []).map(({ field }) => field);
}

const describeSent = ({ method, path, headers, body = '' }: Sent): string =>
  `${method} ${path.slice(0, 120)} ${JSON.stringify(headers.filter(([name, value]) => name !== 'Authorization' || value.length < 80)).slice(0, 200)} ${JSON.stringify(body.slice(0, 120))}`;

describe('malformed requests', () => {
  it(`${String(REQUESTS)} of them over all routes get no 5xx and always a problem (seed ${String(SEED)})`, async () => {
    const chance = new Chance(SEED);
    const kinds = Object.entries(KINDS);
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    for (let count = 0; count < REQUESTS;) {
      const operation = operations[count % operations.length];
      const [name, kind] = chance.of(kinds);
      if (!operation) throw new Error('no operations');
      const person = operation.id.startsWith('Auth_logout') ? spare : admin;
      const plain: Sent = {
        method: operation.method.toUpperCase(),
        path: operation.path.replace('{id}', '019a9c1e-0000-7000-8000-000000000000'),
        headers: [['Authorization', person.bearer]],
      };
      const sent = kind(chance, operation, plain);
      if (!sent) continue;
      count += 1;
      const answer = await sendRaw(server.url, { ...sent, ...(sent.body === undefined ? {} : { body: sent.body }) });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const fault =
        faultOf(answer) ??
        (sent.mustBe !== undefined && answer.status !== sent.mustBe ? `expected ${String(sent.mustBe)}` : undefined) ??
        (sent.mustName !== undefined && !fieldsIn(answer.body).includes(sent.mustName)
          ? `does not name ${sent.mustName}`
          : undefined);
      if (fault)
        faults.push(
          `${name}: ${fault} (${String(answer.status)}) for ${describeSent(sent)}: ${answer.body.slice(0, 200)}`,
        );
      if (person === spare && answer.status < 300) spare = await signIn(server, spare.email);
    }
    expect(faults).toEqual([]);
    // The requests reached what they were meant for: guards, parsers, validation, handlers.
    for (const status of [400, 401, 404, 413, 415]) expect(statuses.get(status) ?? 0).toBeGreaterThan(0);
  });

  describe('name what cannot be stored', () => {
    const post = (path: string, body: string): Promise<RawAnswer> =>
      sendRaw(server.url, { method: 'POST', path, headers: [['Authorization', admin.bearer], JSON_TYPE], body });

    it.each([
      ['NUL in a field', '{"first_name":"a\\u0000b","role":"child"}', 'first_name'],
      ['a lone high surrogate', '{"first_name":"\\ud800","role":"child"}', 'first_name'],
      ['a lone low surrogate', '{"first_name":"\\udc00x","role":"child"}', 'first_name'],
      [
        'NUL in an item of a list',
        '{"first_name":"Leo","role":"child","active_skills":["ok","a\\u0000"]}',
        'active_skills[1]',
      ],
      ['NUL in a nested unknown field', '{"first_name":"Leo","role":"child","x":{"y":["\\u0000"]}}', 'x.y[0]'],
    ])('%s', async (_name, body, field) => {
      const answer = await post('/api/v1/family/members', body);
      expect(answer.status).toBe(400);
      expect(fieldsIn(answer.body)).toEqual([field]);
    });

    it.each([
      ['NUL in the query', '/api/v1/users?q=a%00b', 'q'],
      ['an encoded lone surrogate in the query', '/api/v1/users?q=%ED%A0%80', 'q'],
      ['bytes that are no UTF-8 in the query', '/api/v1/users?limit=5&q=%ff%fe', 'q'],
      ['half an escape in the query', '/api/v1/users?q=%', 'q'],
      ['NUL in the path', '/api/v1/users/a%00b', 'id'],
    ])('%s', async (_name, path, field) => {
      const answer = await sendRaw(server.url, { path, headers: [['Authorization', admin.bearer]] });
      expect(answer.status).toBe(400);
      expect(fieldsIn(answer.body)).toEqual([field]);
    });

    it('a whole surrogate pair is an ordinary character', async () => {
      const answer = await sendRaw(server.url, {
        path: '/api/v1/users?q=%F0%9F%98%80',
        headers: [['Authorization', admin.bearer]],
      });
      expect(answer.status).toBe(200);
    });
  });
});

describe('bytes that are no HTTP', () => {
  const HOST = 'Host: x\r\n';

  it.each([
    ['an empty line and rubbish', '\r\n\r\nrubbish\r\n\r\n', 400],
    ['a request line of one word', 'GET\r\n\r\n', 400],
    ['a version of the future', `GET /health HTTP/9.9\r\n${HOST}\r\n`, 400],
    ['an unknown method', `FETCH /health HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a TLS hello', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n', 400],
    ['NUL in a header', `GET /health HTTP/1.1\r\n${HOST}X-A: a\u0000b\r\n\r\n`, 400],
    ['a space in the name of a header', `GET /health HTTP/1.1\r\n${HOST}Bad Name: x\r\n\r\n`, 400],
    ['a header without a colon', `GET /health HTTP/1.1\r\n${HOST}nothing\r\n\r\n`, 400],
    ['a folded header', `GET /health HTTP/1.1\r\n${HOST} folded: x\r\n\r\n`, 400],
    ['two lengths', `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`, 400],
    [
      'a length and chunks',
      `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a negative length', `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, 400],
    [
      'a chunk of a wrong size',
      `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
    ['headers beyond any measure', `GET /health HTTP/1.1\r\n${HOST}X-Long: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
    ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n', 400],
  ])('%s', async (_name, bytes, status) => {
    const answer = await sendBytes(server.url, Buffer.from(bytes, 'latin1'));
    expect({ status: answer.status, fault: faultOf(answer) }).toEqual({ status, fault: undefined });
  });

  it('an expectation that nobody knows does not bring an empty answer', async () => {
    const answer = await sendRaw(server.url, { path: '/health/live', headers: [['Expect', 'the-unexpected']] });
    expect({ status: answer.status, fault: faultOf(answer) }).toEqual({ status: 200, fault: undefined });
  });

  it('a client that hangs up in the middle of its body harms nobody', async () => {
    await sendBytes(
      server.url,
      `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 5\r\nConnection: close\r\n\r\n{"a":1}`,
    );
    await server.http().get('/health/live').expect(200);
  });
});
