import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { AuthConfig, newSecret } from '../../../platform/config/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import { AccessTokens } from './access-tokens.js';
import { KeyRing } from './key-ring.js';

const [secret, otherSecret] = [newSecret(), newSecret()];
const ring = new KeyRing({ current: secret });
const tokens = new AccessTokens(ring, new AuthConfig());
const [userId, sessionId] = [uuidv7(), uuidv7()];

/** A token that is right in everything but what a test changes. */
function forge(
  changes: { key?: jwt.Secret; header?: Partial<jwt.JwtHeader>; claims?: object; algorithm?: jwt.Algorithm } = {},
): string {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = {
    sub: userId,
    sid: sessionId,
    epoch: 0,
    iat: seconds,
    exp: seconds + 600,
    iss: 'family-assistant',
    aud: 'family-assistant-api',
  };
  return jwt.sign({ ...claims, ...changes.claims }, changes.key ?? ring.current.key, {
    algorithm: changes.algorithm ?? 'HS256',
    header: { alg: changes.algorithm ?? 'HS256', kid: ring.current.id, typ: 'at+jwt', ...changes.header },
  });
}

describe('access tokens', () => {
  it('say who, in which session, until when', () => {
    const before = Math.floor(Date.now() / 1000);
    const claims = tokens.verify(tokens.sign(userId, sessionId, 7));
    expect(claims).toMatchObject({ userId, sessionId, epoch: 7 });
    expect(claims?.expiresAt).toBeGreaterThanOrEqual(before + tokens.ttl);
    expect(tokens.verify(forge())).toMatchObject({ userId, sessionId, epoch: 0 });
  });

  it('carry no rights, no names and nothing of the key', () => {
    const decoded = jwt.decode(tokens.sign(userId, sessionId, 0), { complete: true });
    expect(decoded?.header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: ring.current.id });
    expect(Object.keys(decoded?.payload ?? {}).sort()).toEqual(['aud', 'epoch', 'exp', 'iat', 'iss', 'sid', 'sub']);
    expect(secret).not.toContain(ring.current.id);
  });

  it('of the previous key are accepted, of older ones not', () => {
    const token = tokens.sign(userId, sessionId, 0);
    const rotated = new AccessTokens(new KeyRing({ current: otherSecret, previous: secret }), new AuthConfig());
    const twice = new AccessTokens(new KeyRing({ current: newSecret(), previous: otherSecret }), new AuthConfig());
    expect(rotated.verify(token)).toMatchObject({ userId });
    expect(twice.verify(token)).toBeUndefined();
    expect(jwt.decode(rotated.sign(userId, sessionId, 0), { complete: true })?.header.kid).not.toBe(ring.current.id);
  });

  it.each<[string, Parameters<typeof forge>[0]]>([
    ['another key', { key: otherSecret }],
    ['an unknown key id', { header: { kid: 'unknown' } }],
    ['another algorithm of the same key', { algorithm: 'HS512' }],
    ['another type', { header: { typ: 'JWT' } }],
    ['no account', { claims: { sub: '' } }],
    ['an account that is no UUID', { claims: { sub: 'admin' } }],
    ['a session that is no UUID', { claims: { sid: `${uuidv7()}'--` } }],
    ['an epoch that is no number', { claims: { epoch: '0' } }],
    ['another issuer', { claims: { iss: 'somebody' } }],
    ['another audience', { claims: { aud: 'another-api' } }],
    ['an end in the past', { claims: { exp: 1_600_000_000 } }],
    ['a beginning in the future', { claims: { nbf: 4_000_000_000 } }],
  ])('with %s open nothing', (_title, changes) => {
    expect(tokens.verify(forge(changes))).toBeUndefined();
  });

  it('without a signature open nothing', () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [, payload = ''] = forge().split('.');
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      expect(tokens.verify(`${part({ alg, kid: ring.current.id, typ: 'at+jwt' })}.${payload}.`)).toBeUndefined();
    }
    expect(tokens.verify(`${part({ alg: 'HS256', kid: ring.current.id, typ: 'at+jwt' })}.${payload}.`)).toBeUndefined();
  });

  it('signed by a key pair open nothing', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(tokens.verify(forge({ key: privateKey, algorithm: 'RS256' }))).toBeUndefined();
  });

  it('open nothing any more when any one character is another', () => {
    const token = tokens.sign(userId, sessionId, 0);
    for (let index = 0; index < token.length; index += 1) {
      const other = token[index] === 'A' ? 'B' : 'A';
      const mutant = token.slice(0, index) + other + token.slice(index + 1);
      expect({ index, claims: tokens.verify(mutant) }).toEqual({ index, claims: undefined });
    }
  });

  it.each(['', '.', '..', '...', 'x', 'bnVsbA.e30.x', 'W10.e30.x', 'eyJraWQiOjF9.e30.x', 'é.é.é', 'e30.e30.e30'])(
    '%j opens nothing',
    (token) => {
      expect(tokens.verify(token)).toBeUndefined();
    },
  );
});

describe('KeyRing', () => {
  it('derives secrets for other purposes, the same on every instance', () => {
    expect(ring.derive('one')).toEqual(new KeyRing({ current: secret }).derive('one'));
    expect(ring.derive('one')).not.toEqual(ring.derive('two'));
    expect(ring.derive('one')).not.toEqual(new KeyRing({ current: otherSecret }).derive('one'));
  });
});
