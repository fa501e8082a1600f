import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** One request as a provider of embeddings received it. */
export interface ProviderRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly input: string[]; readonly model: string; readonly dimensions?: number };
}

/** How the provider answers; without one it answers as it should. */
export type Behaviour = (request: ProviderRequest, response: ServerResponse, socket: IncomingMessage['socket']) => void;

/** An OpenAI-compatible provider on a free port of this machine, which does what a test tells it. */
export class Provider {
  readonly requests: ProviderRequest[] = [];
  /** Behaviours of the next requests, first come first served. */
  readonly next: Behaviour[] = [];

  private constructor(private readonly server: Server) {}

  /** @param port a free one unless given, as for a provider that comes back */
  static async start(port = 0): Promise<Provider> {
    const server = createServer();
    const provider = new Provider(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void json(request).then((body) => {
        const received = { url: request.url ?? '', headers: request.headers, body: body as ProviderRequest['body'] };
        provider.requests.push(received);
        (provider.next.shift() ?? embed)(received, response, request.socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/v1`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A vector of two dimensions that tells which text it is of: its length, and 1. Not normalised. */
export const vectorOf = (text: string): number[] => [text.length, 1];

/** Answers as it should, in reverse order, which the protocol allows. */
export const embed: Behaviour = ({ body }, response) => {
  const data = body.input.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) })).reverse();
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ object: 'list', data }));
};

/** Answers with this body. */
export function answer(body: unknown, status = 200, headers: Record<string, string> = {}): Behaviour {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}
