import type { Claims } from './claims.js';
import { digits, type OAuthService } from './oauth-provider.js';
import { claimsIn, jsonIn } from './provider.js';

/**
 * GitHub (https://docs.github.com/apps/oauth-apps, https://docs.github.com/rest/users/emails). The public email of a
 * profile proves nothing; the list of emails tells which one is primary and verified.
 * @param base address of GitHub or of a GitHub Enterprise Server, whose API is below it
 */
export function github(base: string): OAuthService {
  const api = new URL(base).hostname === 'github.com' ? 'https://api.github.com' : new URL('/api/v3', base).href;
  return {
    id: 'github',
    name: 'GitHub',
    issuer: new URL('/login/oauth', base).href,
    authorizationEndpoint: new URL('/login/oauth/authorize', base).href,
    tokenEndpoint: new URL('/login/oauth/access_token', base).href,
    scope: 'read:user user:email',
    claims: async (ask) => {
      const { id, name, login } = await claimsIn(await ask(`${api}/user`));
      const emails = await jsonIn(await ask(`${api}/user/emails`));
      const primary = Array.isArray(emails) ? (emails as unknown[]).find(isPrimary) : undefined;
      return {
        sub: digits(id),
        name,
        login,
        email: primary?.['email'],
        email_verified: primary?.['verified'] === true,
      };
    },
  };
}

const isPrimary = (entry: unknown): entry is Claims =>
  typeof entry === 'object' && entry !== null && 'primary' in entry && entry.primary === true;
