import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** One request as a chat server received it. */
export interface ChatRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
}

/** How the server answers. */
export type ChatBehaviour = (response: ServerResponse, request: ChatRequest) => void;

/** A server that speaks the OpenAI chat protocol on a free port of this machine, and does what a test tells it. */
export class ChatServer {
  readonly requests: ChatRequest[] = [];
  /** Behaviours of the next requests, first come first served; then there are no facts. */
  readonly next: ChatBehaviour[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ChatServer> {
    const server = createServer();
    const chat = new ChatServer(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void json(request).then((body) => {
        const received = { url: request.url ?? '', headers: request.headers, body: body as ChatRequest['body'] };
        chat.requests.push(received);
        (chat.next.shift() ?? facts())(response, received);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return chat;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/v1`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Writes this. */
export const writes =
  (content: unknown): ChatBehaviour =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content } }] }));
  };

/** Proposes these facts. */
export const facts = (...proposed: readonly object[]): ChatBehaviour => writes(JSON.stringify({ facts: proposed }));

/** Answers with this status and body. */
export const answers =
  (status: number, body = ''): ChatBehaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };

/** Never answers. */
export const silence: ChatBehaviour = () => undefined;
