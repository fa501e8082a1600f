import { EnvInteger, EnvList, EnvSecret, EnvText, EnvUrl } from './env.decorators.js';
import { LOOPBACK, type ServerConfig } from './server.config.js';

/** An OpenID provider of one's own: `OIDC_PROVIDERS` lists them. */
export interface OidcIssuer {
  /** Names it in addresses: `/auth/login/{id}`. */
  readonly id: string;
  /** Names it for people. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** None for a public client. */
  readonly clientSecret: string | undefined;
}

/** A registered client at a provider. */
export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

type Problem = [variable: string, message: string];

const ID = /^[a-z][a-z0-9-]{0,31}$/;
const KNOWN = ['google', 'discord', 'github', 'telegram'];
const FIELDS = ['id', 'name', 'issuer', 'client_id', 'client_secret'];

/** Sign-in with accounts that people have elsewhere. */
export class ProvidersConfig {
  @EnvText('GOOGLE_CLIENT_ID', {
    description: 'Client id of sign-in by Google; docs/AUTHENTICATION.md says where to get one.',
    optional: true,
  })
  googleClientId?: string;

  @EnvSecret('GOOGLE_CLIENT_SECRET', { description: 'Its secret.', optional: true })
  googleClientSecret?: string;

  @EnvText('DISCORD_CLIENT_ID', { description: 'Client id of sign-in by Discord.', optional: true })
  discordClientId?: string;

  @EnvSecret('DISCORD_CLIENT_SECRET', { description: 'Its secret.', optional: true })
  discordClientSecret?: string;

  @EnvUrl('DISCORD_URL', {
    description: 'Address of Discord; another one only to try things out against a stand-in.',
    protocols: ['https:', 'http:'],
  })
  discordUrl = 'https://discord.com';

  @EnvText('GITHUB_CLIENT_ID', { description: 'Client id of sign-in by GitHub.', optional: true })
  githubClientId?: string;

  @EnvSecret('GITHUB_CLIENT_SECRET', { description: 'Its secret.', optional: true })
  githubClientSecret?: string;

  @EnvUrl('GITHUB_URL', {
    description: 'Address of GitHub, or of a GitHub Enterprise Server.',
    protocols: ['https:', 'http:'],
  })
  githubUrl = 'https://github.com';

  @EnvSecret('OIDC_PROVIDERS', {
    description:
      'Any other OpenID providers, as a JSON list: `id` (in addresses), `name` (for people), `issuer`, `client_id`, and `client_secret` unless the client is public.',
    optional: true,
    example: `'[{"id": "home", "name": "Home", "issuer": "https://id.example.org", "client_id": "family", "client_secret": "..."}]'`,
  })
  oidcProviders?: string;

  @EnvInteger('PROVIDER_TIMEOUT', {
    description: 'Longest wait for one answer of a provider; after it the sign-in is answered with 503.',
    unit: 'milliseconds',
    min: 100,
    max: 30_000,
  })
  timeout = 5_000;

  @EnvList('SIGN_IN_RETURN_URLS', {
    description:
      'Pages to which a browser may be sent after a sign-in by a provider, separated by commas; compared letter by letter.',
    each: /^https?:\/\/[^\s*?#]+$/,
    says: 'each must be the address of a page, without a query, such as https://app.example.org/signed-in',
    example: 'https://app.example.org/signed-in',
  })
  returnUrls: string[] = [];

  get google(): ClientCredentials | undefined {
    return pair(this.googleClientId, this.googleClientSecret);
  }

  get discord(): ClientCredentials | undefined {
    return pair(this.discordClientId, this.discordClientSecret);
  }

  get github(): ClientCredentials | undefined {
    return pair(this.githubClientId, this.githubClientSecret);
  }

  get issuers(): readonly OidcIssuer[] {
    return listed(this.oidcProviders).map((entry) => ({
      id: String(entry['id']),
      name: String(entry['name']),
      issuer: String(entry['issuer']),
      clientId: String(entry['client_id']),
      clientSecret: typeof entry['client_secret'] === 'string' ? entry['client_secret'] : undefined,
    }));
  }

  /** What is missing or must not be: pairs of variable and message. Never tells a value. */
  problems(server: ServerConfig): Problem[] {
    const found: Problem[] = [
      ...lonely('GOOGLE', this.googleClientId, this.googleClientSecret),
      ...lonely('DISCORD', this.discordClientId, this.discordClientSecret),
      ...lonely('GITHUB', this.githubClientId, this.githubClientSecret),
      ...this.listProblems(server),
    ];
    for (const [variable, url] of [
      ['DISCORD_URL', this.discordUrl],
      ['GITHUB_URL', this.githubUrl],
    ] as const) {
      if (!isSafe(url, server)) found.push([variable, NOT_SAFE]);
    }
    const isUsed = this.google ?? this.discord ?? this.github ?? this.oidcProviders;
    if (isUsed !== undefined && server.publicUrl === undefined && !server.isLoopback) {
      found.push(['PUBLIC_URL', 'is required for sign-in by a provider: people come back to it']);
    }
    return found;
  }

  private listProblems(server: ServerConfig): Problem[] {
    if (this.oidcProviders === undefined) return [];
    const say = (message: string): Problem[] => [['OIDC_PROVIDERS', message]];
    const entries = parsed(this.oidcProviders);
    if (!entries) return say('must be a JSON list of objects');
    const ids = entries.map(({ id }) => id);
    return entries.flatMap((entry, at) => {
      const place = `entry ${String(at + 1)}: `;
      const missing = FIELDS.filter((name) => name !== 'client_secret' && !isText(entry[name]));
      const unknown = Object.keys(entry).filter((name) => !FIELDS.includes(name));
      if (missing.length > 0) return say(`${place}needs ${missing.join(', ')} as text`);
      if (unknown.length > 0) return say(`${place}has more than ${FIELDS.join(', ')}`);
      if (entry['client_secret'] !== undefined && !isText(entry['client_secret']))
        return say(`${place}client_secret must be text`);
      const id = String(entry['id']);
      if (!ID.test(id)) return say(`${place}id must be 1 to 32 of a-z, 0-9 and hyphen, beginning with a letter`);
      if (KNOWN.includes(id) || ids.indexOf(id) !== at) return say(`${place}id must not be used twice`);
      return isSafe(String(entry['issuer']), server) ? [] : say(`${place}issuer ${NOT_SAFE}`);
    });
  }
}

const NOT_SAFE = 'must begin with https:// (http:// only on this machine, and not in production), without a password';

/** Whether the server may ask there: encrypted, unless it is this machine during development. */
function isSafe(text: string, server: ServerConfig): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname) && !server.isProduction);
}

function pair(id: string | undefined, secret: string | undefined): ClientCredentials | undefined {
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

function lonely(name: string, id: string | undefined, secret: string | undefined): Problem[] {
  if ((id === undefined) === (secret === undefined)) return [];
  const [missing, given] = id === undefined ? ['ID', 'SECRET'] : ['SECRET', 'ID'];
  return [[`${name}_CLIENT_${missing}`, `is needed beside ${name}_CLIENT_${given}`]];
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

type Entry = Readonly<Record<string, unknown>>;

function parsed(text: string): readonly Entry[] | undefined {
  try {
    const list = JSON.parse(text) as unknown;
    const isList = Array.isArray(list) && list.every((entry) => typeof entry === 'object' && entry !== null);
    return isList ? (list as Entry[]) : undefined;
  } catch {
    return undefined;
  }
}

const listed = (text: string | undefined): readonly Entry[] => (text === undefined ? [] : (parsed(text) ?? []));
