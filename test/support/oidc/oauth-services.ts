import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CLIENT } from './upstream.js';

interface Given {
  readonly challenge: string;
  readonly redirectUri: string;
}

/**
 * Discord and GitHub at the wire: the token endpoints as their documentation describes them (GitHub refuses with 200), and
 * the endpoints that say who somebody is.
 */
export class OAuthServices {
  /** What `GET /api/users/@me` of Discord answers. */
  discordUser: object = {};
  /** What `GET /user` and `GET /user/emails` of GitHub answer. */
  githubUser: object = {};
  githubEmails: unknown = [];
  /** Answered instead of anything from the API. */
  status = 200;
  private readonly codes = new Map<string, Given>();
  private readonly tokens = new Set<string>();

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<OAuthServices> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const services = new OAuthServices(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, server);
    server.on('request', (request, response) => void services.answer(request, response));
    return services;
  }

  /** The person agrees on the provider's page. */
  visit(authorizationUrl: string): Promise<URL> {
    const { pathname, searchParams } = new URL(authorizationUrl);
    const get = (name: string): string => searchParams.get(name) ?? '';
    const isPage = ['/oauth2/authorize', '/login/oauth/authorize'].includes(pathname);
    if (!isPage || get('client_id') !== CLIENT.id || get('code_challenge_method') !== 'S256') {
      return Promise.reject(new Error(`the provider does not take ${authorizationUrl}`));
    }
    const code = randomBytes(10).toString('hex');
    this.codes.set(code, { challenge: get('code_challenge'), redirectUri: get('redirect_uri') });
    const back = new URL(get('redirect_uri'));
    back.search = new URLSearchParams({ code, state: get('state') }).toString();
    return Promise.resolve(back);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const path = request.url ?? '';
    if (request.method === 'POST') {
      const isGitHub = path === '/login/oauth/access_token';
      const token = this.redeem(new URLSearchParams(await textOf(request)));
      if (token !== undefined)
        send(200, { access_token: token, token_type: isGitHub ? 'bearer' : 'Bearer', scope: '' });
      else if (isGitHub) send(200, { error: 'bad_verification_code', error_description: 'expired' });
      else send(400, { error: 'invalid_grant' });
      return;
    }
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const found = {
      '/api/users/@me': this.discordUser,
      '/api/v3/user': this.githubUser,
      '/api/v3/user/emails': this.githubEmails,
    };
    if (!this.tokens.has(token) || this.status !== 200) send(this.status === 200 ? 401 : this.status, {});
    else send(200, found[path as keyof typeof found] ?? {});
  }

  private redeem(form: URLSearchParams): string | undefined {
    const code = form.get('code') ?? '';
    const given = this.codes.get(code);
    this.codes.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight =
      form.get('client_id') === CLIENT.id &&
      form.get('client_secret') === CLIENT.secret &&
      form.get('redirect_uri') === given?.redirectUri &&
      challenge === given.challenge;
    if (!isRight) return undefined;
    const token = randomBytes(10).toString('hex');
    this.tokens.add(token);
    return token;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
