import {
  createHash,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  randomInt,
  type KeyObject,
} from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFirstAdmin, type FamilyMember } from '../support/factories.js';
import { measured } from '../support/measure.js';
import { Chance } from './chance.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const CURRENT = randomBytes(32).toString('base64url');
const PREVIOUS = randomBytes(32).toString('base64url');
const MUTANTS = 200;
/** A failing run prints its seed; `FUZZ_SEED` repeats it. */
const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));

/** One route that reads its session anew, and one that may remember it. */
const ROUTES = ['/api/v1/auth/me', '/api/v1/family/members'] as const;

type Json = Readonly<Record<string, unknown>>;

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const keyOf = (secret: string): KeyObject => createSecretKey(Buffer.from(secret, 'utf8'));
const kidOf = (secret: string): string => createHash('sha256').update(`kid:${secret}`).digest('hex').slice(0, 16);

describe('access tokens', () => {
  let server: TestApp;
  let person: FamilyMember;
  let header: Json;
  let claims: Json;

  beforeAll(async () => {
    server = await startApp({ env: { JWT_SECRET_KEY: CURRENT, JWT_SECRET_KEY_PREVIOUS: PREVIOUS } });
    person = await newFirstAdmin(server);
    const decoded = jwt.decode(person.accessToken, { complete: true });
    header = { ...decoded?.header };
    claims = { ...(decoded?.payload as Json) };
  });
  afterAll(() => server.close());

  /** The answers of both routes to a token; a remembered session must make no difference. */
  async function statusOf(token: string): Promise<readonly { status: number; code: string | undefined }[]> {
    return Promise.all(
      ROUTES.map(async (route) => {
        const answer = await server.http().get(route).set('authorization', `Bearer ${token}`);
        return { status: answer.status, code: (answer.body as { code?: string }).code };
      }),
    );
  }

  const REFUSED = ROUTES.map(() => ({ status: 401, code: 'invalid_token' }));
  const ACCEPTED = ROUTES.map(() => ({ status: 200, code: undefined }));

  /** Signs anything, as only who holds the secret could. */
  const sign = (
    changes: { header?: Json; claims?: Json } = {},
    secret = CURRENT,
    algorithm: jwt.Algorithm = 'HS256',
  ): string =>
    jwt.sign({ ...claims, ...changes.claims }, keyOf(secret), {
      algorithm,
      header: { ...header, alg: algorithm, ...changes.header },
      noTimestamp: true,
    });

  it('carry who and which session, and no rights', () => {
    expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: kidOf(CURRENT) });
    expect(Object.keys(claims).sort()).toEqual(['aud', 'epoch', 'exp', 'iat', 'iss', 'sid', 'sub']);
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(600);
  });

  it('signed with the current and the previous key are accepted', async () => {
    expect(await statusOf(person.accessToken)).toEqual(ACCEPTED);
    expect(await statusOf(sign())).toEqual(ACCEPTED);
    expect(await statusOf(sign({ header: { kid: kidOf(PREVIOUS) } }, PREVIOUS))).toEqual(ACCEPTED);
  });

  it('signed with an unknown key are not, whatever key they name', async () => {
    const unknown = randomBytes(32).toString('base64url');
    for (const kid of [kidOf(unknown), kidOf(CURRENT), kidOf(PREVIOUS)])
      expect(await statusOf(sign({ header: { kid } }, unknown))).toEqual(REFUSED);
    // Nor with a known one under the other's name.
    expect(await statusOf(sign({ header: { kid: kidOf(CURRENT) } }, PREVIOUS))).toEqual(REFUSED);
  });

  it.each(['none', 'None', 'NONE', 'nOnE', '', null])('without a signature (alg %p) are refused', async (alg) => {
    const unsigned = `${encode({ ...header, alg })}.${encode(claims)}`;
    const signature = person.accessToken.split('.')[2] ?? '';
    for (const token of [`${unsigned}.`, unsigned, `${unsigned}.${signature}`])
      expect(await statusOf(token)).toEqual(REFUSED);
  });

  it.each(['HS384', 'HS512'] as const)('signed with the right key by %s are refused', async (algorithm) => {
    expect(await statusOf(sign({}, CURRENT, algorithm))).toEqual(REFUSED);
  });

  it('of a public key algorithm are refused, also where the key travels with them', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const bring: Json[] = [
      {},
      { jwk: publicKey.export({ format: 'jwk' }) },
      { x5c: [pem] },
      { jku: 'https://attacker.example/keys' },
    ];
    for (const more of bring) {
      const own = jwt.sign({ ...claims }, privateKey, {
        algorithm: 'RS256',
        header: { ...header, ...more, alg: 'RS256' },
        noTimestamp: true,
      });
      expect(await statusOf(own)).toEqual(REFUSED);
    }
    // Key confusion: an HMAC whose secret is something public.
    for (const secret of [pem, kidOf(CURRENT), 'family-assistant', ' ']) {
      expect(
        await statusOf(
          jwt.sign({ ...claims }, secret, { header: header as unknown as jwt.JwtHeader, noTimestamp: true }),
        ),
      ).toEqual(REFUSED);
    }
  });

  it.each<[string, unknown]>([
    ['a path', '../../../../dev/null'],
    ['SQL', "' UNION SELECT 'secret"],
    ['an address', 'https://attacker.example/key'],
    ['nothing', ''],
    ['null', null],
    ['a number', 0],
    ['a list', [kidOf('x')]],
    ['an object', { kid: 1 }],
    ['the name of a method', 'constructor'],
    ['a prototype', '__proto__'],
    ['NUL', '\u0000'],
    ['a very long name', 'k'.repeat(3_000)],
  ])('whose key is named by %s are refused', async (_name, kid) => {
    const token = `${encode({ ...header, kid })}.${encode(claims)}`;
    const empty = jwt.sign({ ...claims }, createSecretKey(Buffer.alloc(32)), {
      noTimestamp: true,
      header: { ...header, kid } as unknown as jwt.JwtHeader,
    });
    expect(await statusOf(`${token}.${person.accessToken.split('.')[2] ?? ''}`)).toEqual(REFUSED);
    expect(await statusOf(empty)).toEqual(REFUSED);
  });

  it('without a named key are refused', async () => {
    const anonymous = { alg: header['alg'], typ: header['typ'] };
    expect(
      await statusOf(
        jwt.sign({ ...claims }, keyOf(CURRENT), { header: anonymous as unknown as jwt.JwtHeader, noTimestamp: true }),
      ),
    ).toEqual(REFUSED);
  });

  const now = Math.floor(Date.now() / 1000);
  it.each<[string, { header?: Json; claims?: Json }]>([
    ['another type', { header: { typ: 'JWT' } }],
    ['the type of a refresh token', { header: { typ: 'rt+jwt' } }],
    ['another issuer', { claims: { iss: 'somebody-else' } }],
    ['another audience', { claims: { aud: 'another-api' } }],
    ['an end in the past', { claims: { exp: now - 1 } }],
    ['no end', { claims: { exp: undefined } }],
    ['a beginning in the future', { claims: { nbf: now + 3_600 } }],
    ['no subject', { claims: { sub: undefined } }],
    ['a subject that is no id', { claims: { sub: "' OR true --" } }],
    ["somebody else's subject", { claims: { sub: '019a9c1e-0000-7000-8000-000000000000' } }],
    ['no session', { claims: { sid: undefined } }],
    ['a session that is no id', { claims: { sid: 'x' } }],
    ['a session that never was', { claims: { sid: '019a9c1e-0000-7000-8000-000000000000' } }],
    ['an old epoch', { claims: { epoch: -1 } }],
    ['a coming epoch', { claims: { epoch: 1 } }],
    ['an epoch as a text', { claims: { epoch: '0' } }],
    ['a critical extension that nobody knows', { header: { crit: ['exp'], exp: 1 } }],
  ])('rightly signed, with %s, are refused', async (_name, changes) => {
    const merged = { ...claims, ...changes.claims };
    const payload = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
    const token = `${encode({ ...header, ...changes.header })}.${encode(payload)}`;
    expect(await statusOf(`${token}.${createHmac('sha256', CURRENT).update(token).digest('base64url')}`)).toEqual(
      REFUSED,
    );
  });

  it(`${String(MUTANTS)} random mutants are refused, and none breaks the server (seed ${String(SEED)})`, async () => {
    const chance = new Chance(SEED);
    for (let count = 0; count < MUTANTS; count += 1) {
      const mutant = mutate(person.accessToken, chance);
      const { status } = await server
        .http()
        .get(ROUTES[count % 2] ?? ROUTES[0])
        .set('authorization', `Bearer ${mutant}`);
      expect({ mutant, status }).toEqual({ mutant, status: 401 });
    }
    expect(await statusOf(person.accessToken)).toEqual(ACCEPTED);
    measured('JWT mutants', { mutants: MUTANTS, seed: SEED, accepted: 0 });
  });
});

const ALPHABET = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'];

/** The token with one thing changed; never the token itself. */
function mutate(token: string, chance: Chance): string {
  const at = chance.below(token.length);
  const [head = '', payload = '', signature = ''] = token.split('.');
  const mutant = chance.of([
    () => token.slice(0, at) + chance.of(ALPHABET) + token.slice(at + 1),
    () => token.slice(0, at) + token.slice(at + 1),
    () => token.slice(0, at) + chance.of(ALPHABET) + token.slice(at),
    () => token.slice(0, Math.max(1, at)),
    () => token.slice(0, at) + token.slice(at).toLowerCase(),
    () => [head, payload, signature].toSorted(() => chance.below(3) - 1).join('.'),
    () => `${head}.${encode({ ...(jwt.decode(token) as Json), epoch: chance.below(100) + 1 })}.${signature}`,
    () => `${head}.${payload}.${signature.slice(0, -1)}${chance.of(ALPHABET)}`,
    () => `${head}.${payload}.${signature}${chance.of(['=', '==', 'A', '.', `.${signature}`])}`,
  ])();
  return mutant === token ? mutate(token, chance) : mutant;
}
