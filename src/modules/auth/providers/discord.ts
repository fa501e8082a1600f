import { digits, type OAuthService } from './oauth-provider.js';
import { claimsIn } from './provider.js';

/**
 * Discord (https://discord.com/developers/docs/topics/oauth2, .../resources/user): `verified` tells of the email.
 * @param base address of Discord
 */
export const discord = (base: string): OAuthService => ({
  id: 'discord',
  name: 'Discord',
  issuer: new URL(base).origin,
  authorizationEndpoint: new URL('/oauth2/authorize', base).href,
  tokenEndpoint: new URL('/api/oauth2/token', base).href,
  scope: 'identify email',
  claims: async (ask) => {
    const { id, email, verified, global_name, username, locale } = await claimsIn(
      await ask(new URL('/api/users/@me', base).href),
    );
    return { sub: digits(id), email, email_verified: verified === true, global_name, username, locale };
  },
});
