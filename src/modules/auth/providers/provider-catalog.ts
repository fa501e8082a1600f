import { Injectable } from '@nestjs/common';
import { ProvidersConfig, TelegramConfig } from '../../../platform/config/index.js';
import { discord } from './discord.js';
import { github } from './github.js';
import { OAuthProvider } from './oauth-provider.js';
import { OidcProvider } from './oidc-provider.js';
import { providerFetch } from './provider-fetch.js';
import type { Provider } from './provider.js';
import { ProviderError } from './providers.errors.js';

/** https://accounts.google.com/.well-known/openid-configuration */
const GOOGLE = 'https://accounts.google.com';

/** Telegram is no provider that one is sent to, but its accounts are identities as well. */
export const TELEGRAM = 'telegram';
export const TELEGRAM_ISSUER = 'https://telegram.org';

/** The providers of the settings. Nobody else is ever asked. */
@Injectable()
export class ProviderCatalog {
  readonly all: readonly Provider[];

  constructor(
    config: ProvidersConfig,
    private readonly telegram: TelegramConfig,
  ) {
    const fetch = providerFetch(config.timeout);
    const { google } = config;
    const issuers = [
      ...(google
        ? [{ id: 'google', name: 'Google', issuer: GOOGLE, clientId: google.id, clientSecret: google.secret }]
        : []),
      ...config.issuers,
    ];
    this.all = [
      ...issuers.map((issuer) => new OidcProvider(issuer, fetch)),
      ...(config.discord ? [new OAuthProvider(discord(config.discordUrl), config.discord, fetch)] : []),
      ...(config.github ? [new OAuthProvider(github(config.githubUrl), config.github, fetch)] : []),
    ];
  }

  /** @throws ProviderError `provider_not_found` */
  require(id: string): Provider {
    const provider = this.all.find((each) => each.id === id);
    if (!provider) throw new ProviderError('provider_not_found');
    return provider;
  }

  /** Whether an identity can sign in by the settings of today. */
  has({ provider: id, issuer }: { provider: string; issuer: string }): boolean {
    if (id === TELEGRAM) return this.telegram.botToken !== undefined;
    return this.all.some((each) => each.id === id && new URL(each.issuer).href === new URL(issuer).href);
  }
}
