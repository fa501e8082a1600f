import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { Provider, type Configuration, type JWK } from 'oidc-provider';

/** An answer of the provider, as a test may change it on its way. */
export interface Passing {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export type Path = '/.well-known/openid-configuration' | '/token' | '/me' | '/jwks' | '/auth';
type Tamper = (passing: Passing) => Passing | Promise<Passing>;

export interface Person {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** The client that this project is at the provider. */
export const CLIENT = { id: 'family-assistant', secret: 'a-secret-of-the-tests-73' } as const;

/**
 * A real OpenID provider (oidc-provider) on this machine. Whoever is `person` signs in there at once, and a test can change
 * what it answers, as an attacker or a fault would.
 */
export class Upstream {
  person: Person = { sub: 'nobody' };
  private readonly tampers = new Map<string, Tamper>();
  private readonly asked: string[] = [];

  private constructor(
    readonly issuer: string,
    readonly signing: Signing,
    private readonly servers: readonly Server[],
  ) {}

  static async start(redirectUris: readonly string[], changes: Partial<Configuration> = {}): Promise<Upstream> {
    const signing = new Signing();
    const front = createServer();
    const issuer = await listen(front);
    const inner = createServer();
    const innerUrl = await listen(inner);
    const upstream = new Upstream(issuer, signing, [front, inner]);
    // It warns of keeping its state in memory, which is what a test wants.
    const warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const provider = new Provider(issuer, {
      clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [...redirectUris] }],
      jwks: { keys: [signing.privateJwk] },
      cookies: { keys: [randomBytes(32).toString('hex')] },
      claims: {
        email: ['email', 'email_verified'],
        profile: ['name', 'given_name', 'family_name', 'preferred_username', 'locale', 'zoneinfo'],
      },
      conformIdTokenClaims: false,
      ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      findAccount: (_context, id) => ({ accountId: id, claims: () => ({ ...upstream.person, sub: id }) }),
      loadExistingGrant: async ({ oidc }) => {
        const { client, session, provider: own, params } = oidc;
        if (!client || !session?.accountId) return undefined;
        const grant = new own.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope(String(params?.['scope']));
        await grant.save();
        return grant;
      },
      ...changes,
    });
    warnings.mockRestore();
    const answer = provider.callback();
    inner.on('request', (request, response) => {
      if (request.url?.startsWith('/interaction/')) {
        void provider.interactionFinished(request, response, { login: { accountId: upstream.person.sub } });
      } else {
        void answer(request, response);
      }
    });
    upstream.forward(front, innerUrl);
    return upstream;
  }

  /** Changes every answer of a path until `restore`. */
  tamper(path: Path, change: Tamper): void {
    this.tampers.set(path, change);
  }

  /** Changes the members of every JSON answer of a path. */
  tamperJson(path: Path, change: (body: Record<string, unknown>) => object): void {
    this.tamper(path, (passing) => ({
      ...passing,
      body: JSON.stringify(change(JSON.parse(passing.body) as Record<string, unknown>)),
    }));
  }

  /** Replaces the ID token by one of other claims, rightly signed unless `sign` does otherwise. */
  tamperIdToken(
    change: (claims: jwt.JwtPayload) => object,
    sign: (claims: object) => string = (claims) => this.signing.sign(claims),
  ): void {
    this.tamperJson('/token', (body) => ({
      ...body,
      id_token: sign(change(jwt.decode(String(body['id_token']), { json: true }) ?? {})),
    }));
  }

  /** Honest again. */
  restore(): void {
    this.tampers.clear();
    this.asked.length = 0;
  }

  /** How often a path was asked for since `restore`. */
  count(path: Path): number {
    return this.asked.filter((each) => each === path).length;
  }

  /** What a browser does with our redirect: signs in there as `person`, and comes back with the answer. */
  async visit(authorizationUrl: string): Promise<URL> {
    const jar = new Map<string, string>();
    let url = new URL(authorizationUrl);
    for (let hop = 0; hop < 10; hop += 1) {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
      for (const set of response.headers.getSetCookie()) {
        const [pair = ''] = set.split(';');
        jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      const location = response.headers.get('location');
      if (location === null) throw new Error(`the provider answered ${String(response.status)}`);
      url = new URL(location, url);
      if (url.origin !== new URL(this.issuer).origin) return url;
    }
    throw new Error('the provider redirects for ever');
  }

  async close(): Promise<void> {
    await Promise.all(
      this.servers.map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
  }

  private forward(front: Server, innerUrl: string): void {
    front.on('request', (request, response) => {
      const path = new URL(request.url ?? '/', innerUrl);
      this.asked.push(path.pathname);
      const onwards = httpRequest(path, { method: request.method, headers: request.headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const passing = { status: answer.statusCode ?? 500, headers: plain(answer.headers), body: text(chunks) };
          const tamper = this.tampers.get(path.pathname) ?? ((unchanged: Passing): Passing => unchanged);
          void Promise.resolve(tamper(passing)).then(({ status, headers, body }) => {
            response.writeHead(status, definedOf(headers));
            response.end(body);
          });
        });
      });
      request.pipe(onwards);
    });
  }
}

/** The key with which the provider signs. */
export class Signing {
  readonly id = randomBytes(4).toString('hex');
  private readonly privateKey: KeyObject;

  constructor() {
    this.privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  }

  get privateJwk(): JWK {
    const jwk = this.privateKey.export({ format: 'jwk' });
    return { ...jwk, kty: 'RSA', kid: this.id, use: 'sig', alg: 'RS256' };
  }

  get publicJwk(): Record<string, unknown> {
    const { kty, n, e, kid, use, alg } = this.privateJwk as unknown as Record<string, unknown>;
    return { kty, n, e, kid, use, alg };
  }

  /** A JWT of exactly these claims (RFC 7515); the libraries that make them mend what a test wants broken. */
  sign(claims: object, header: object = {}): string {
    const signed = `${encoded({ alg: 'RS256', kid: this.id, ...header })}.${encoded(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), this.privateKey).toString('base64url')}`;
  }
}

/** A JWT signed by a shared secret. */
export function signBySecret(claims: object, secret: string, header: object = {}): string {
  const signed = `${encoded({ alg: 'HS256', ...header })}.${encoded(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** The same without some members. */
export const without =
  (...names: readonly string[]) =>
  <T extends object>(record: T): Partial<T> =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name))) as Partial<T>;

export const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('utf8');

/** Without what depends on the length of the body, which a test may change. */
const plain = (headers: IncomingHttpHeaders): Passing['headers'] =>
  without('content-length', 'transfer-encoding')(headers);

const definedOf = (headers: Passing['headers']): Record<string, string | string[]> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
