import { describe, expect, it } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import { ACCESS_COOKIE, credentialsOf, type Credential } from './request.js';

const found = (headers: Record<string, string>, cookies: Record<string, string> = {}): Credential[] =>
  credentialsOf({ headers, cookies } as unknown as FastifyRequest);

describe('credentialsOf', () => {
  it('finds none in a bare request', () => {
    expect(found({})).toEqual([]);
    expect(found({}, { other: 'x', [ACCESS_COOKIE]: '' })).toEqual([]);
  });

  it.each(['Bearer abc.def-g_h', 'bearer abc.def-g_h', 'BEARER   abc.def-g_h  '])(
    'finds the token in %p',
    (authorization) => {
      expect(found({ authorization })).toEqual([{ kind: 'bearer', token: 'abc.def-g_h' }]);
    },
  );

  // A credential that opens nothing, and not none: whoever sends one means to sign in by it.
  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Bearer a b',
    'Bearer a,b',
    'Bearerabc',
    'Bearer ä',
    `Bearer ${'a'.repeat(5_000)}`,
    'token',
  ])('takes %p for a credential that opens nothing', (authorization) => {
    expect(found({ authorization })).toEqual([{ kind: 'bearer', token: '' }]);
  });

  it('finds an API key, also one that opens nothing', () => {
    expect(found({ 'x-api-key': 'fa_live_x' })).toEqual([{ kind: 'api_key', token: 'fa_live_x' }]);
    expect(found({ 'x-api-key': ' ' })).toEqual([{ kind: 'api_key', token: '' }]);
  });

  it('finds the cookie, and both where there are both', () => {
    expect(found({}, { [ACCESS_COOKIE]: 'c' })).toEqual([{ kind: 'cookie', token: 'c' }]);
    expect(found({ authorization: 'Bearer b' }, { [ACCESS_COOKIE]: 'c' })).toEqual([
      { kind: 'bearer', token: 'b' },
      { kind: 'cookie', token: 'c' },
    ]);
  });
});
