import type { TokenResponse } from '../../../src/modules/auth/dto/session.response.js';
import type { TestApp } from '../create-app.js';
import { Caller, nobody, type Answer, type SignedIn } from '../factories.js';

/** Where people reach the server of these tests; the provider sends browsers back there. */
export const PUBLIC_URL = 'https://family.example.org';
export const callbackOf = (provider: string): string => `${PUBLIC_URL}/api/v1/auth/callback/${provider}`;

const FLOW_COOKIE = '__Host-fa_flow';

/** A provider as a browser meets it: signs in there and comes back. */
export interface Visited {
  visit(authorizationUrl: string): Promise<URL>;
}

/** A browser on its way to a provider and back. */
export class Visitor {
  private constructor(
    private readonly server: TestApp,
    /** The provider's address to which the server has sent it. */
    readonly location: string,
    readonly cookie: string,
  ) {}

  /** Begins a sign-in. */
  static async begin(server: TestApp, provider: string, query: Record<string, string> = {}): Promise<Visitor> {
    const search = new URLSearchParams(query).toString();
    const answer = await nobody(server).get(`/auth/login/${provider}${search === '' ? '' : `?${search}`}`);
    if (answer.status !== 302) throw new Error(`the sign-in was answered with ${JSON.stringify(answer.body)}`);
    return new Visitor(server, answer.headers['location'] ?? '', cookieIn(answer));
  }

  /** Begins to link, by somebody who is signed in. */
  static async link(
    server: TestApp,
    { bearer }: Pick<SignedIn, 'bearer'>,
    provider: string,
    fields: object = {},
  ): Promise<Visitor> {
    const caller = new Caller(server, { authorization: bearer });
    const answer = await caller.post<{ authorization_url: string }>('/auth/identities', { provider, ...fields });
    if (answer.status !== 200) throw new Error(`linking was answered with ${JSON.stringify(answer.body)}`);
    return new Visitor(server, answer.body.authorization_url, cookieIn(answer));
  }

  get state(): string {
    return new URL(this.location).searchParams.get('state') ?? '';
  }

  /** Comes back to our address with this query. */
  comeBack<T = TokenResponse>(to: URL, cookie = this.cookie): Promise<Answer<T>> {
    const path = to.pathname.replace('/api/v1', '');
    const headers: Record<string, string> = cookie === '' ? {} : { cookie: `${FLOW_COOKIE}=${cookie}` };
    return nobody(this.server).with(headers).get<T>(`${path}${to.search}`);
  }

  /** The whole way. */
  async goThrough<T = TokenResponse>(provider: Visited): Promise<Answer<T>> {
    return this.comeBack<T>(await provider.visit(this.location));
  }
}

/** The value of the cookie that ties a sign-in to its browser. */
function cookieIn({ cookies }: Answer<unknown>): string {
  const cookie = cookies.find((each) => each.startsWith(`${FLOW_COOKIE}=`)) ?? '';
  return decodeURIComponent(cookie.slice(FLOW_COOKIE.length + 1, cookie.indexOf(';')));
}
