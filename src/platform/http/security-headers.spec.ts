import { describe, expect, it } from '@jest/globals';
import { DOCS_CSP, SECURITY_HEADERS } from './security-headers.js';

/** A policy's directives by name. */
const directivesOf = (policy: string): Record<string, string> =>
  Object.fromEntries(
    policy
      .split(';')
      .map((directive) => [directive.trim().split(' ')[0] ?? '', directive.trim().split(' ').slice(1).join(' ')]),
  );

describe('security headers', () => {
  it('are those that OWASP names, in small letters as HTTP/2 wants them', () => {
    expect(Object.keys(SECURITY_HEADERS).sort()).toEqual([
      'cache-control',
      'content-security-policy',
      'cross-origin-opener-policy',
      'cross-origin-resource-policy',
      'permissions-policy',
      'referrer-policy',
      'strict-transport-security',
      'x-content-type-options',
      'x-frame-options',
    ]);
  });

  it('let answers of the API load, frame and submit nothing', () => {
    const policy = directivesOf(SECURITY_HEADERS['content-security-policy'] ?? '');
    expect(policy).toEqual({
      'default-src': "'none'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
      'form-action': "'none'",
    });
    expect(SECURITY_HEADERS['strict-transport-security']).toMatch(/max-age=(3153\d{4}|\d{9,}); includeSubDomains/);
  });

  it('let the documentation load from this server and from nowhere else', () => {
    const policy = directivesOf(DOCS_CSP);
    expect(policy).toMatchObject({
      'default-src': "'none'",
      'connect-src': "'self'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
    });
    expect(DOCS_CSP).not.toMatch(/https?:|\*|unsafe-eval/);
  });
});
