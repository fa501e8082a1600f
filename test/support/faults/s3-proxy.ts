import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A request to the store, as a rule looks at it. */
export interface Asked {
  readonly method: string;
  /** Name of the object; empty where the bucket itself is asked. */
  readonly name: string;
  readonly query: URLSearchParams;
}

/** What becomes of a request. */
export type Doing =
  | { readonly answer: number; readonly body?: string }
  /** The connection breaks: before an answer, or after so many bytes of the request or of the answer. */
  | { readonly breakAfter: number; readonly of: 'request' | 'answer' }
  /** The whole answer is changed on its way; its length and checksum are those of what comes. */
  | { readonly change: (body: Buffer) => Buffer }
  /** Nobody answers, ever. */
  | { readonly isSilent: true }
  /** Milliseconds between chunks of the request. */
  | { readonly slow: number };

export type Rule = (asked: Asked) => Doing | undefined;

/** A store that fails as the test says, in front of one that does not. */
export class S3Proxy {
  rule: Rule = () => undefined;

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async open(port: number): Promise<S3Proxy> {
    const server = createServer(
      (incoming, answer) => void proxy.handle(incoming, answer).catch(() => answer.destroy()),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new S3Proxy(server, port);
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://store');
    const name = decodeURIComponent(url.pathname).split('/').slice(2).join('/');
    const doing = this.rule({ method: incoming.method ?? '', name, query: url.searchParams });
    if (doing && 'isSilent' in doing) return;
    if (doing && 'breakAfter' in doing && doing.breakAfter < 0) {
      incoming.destroy();
      return;
    }
    if (doing && 'answer' in doing) {
      incoming.resume();
      answer.writeHead(doing.answer, { 'content-type': 'application/xml' }).end(doing.body ?? '');
      return;
    }
    const onward = request({
      port: this.port,
      host: '127.0.0.1',
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    });
    onward.once('error', () => answer.destroy());
    // Whoever asks may give up: the store would wait for the rest for ever.
    answer.once('close', () => onward.destroy());
    const answered = new Promise<IncomingMessage>((resolve) => onward.once('response', resolve));
    let bytes = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (doing && 'of' in doing && doing.of === 'request' && bytes > doing.breakAfter) {
        onward.destroy();
        incoming.destroy();
        return;
      }
      onward.write(chunk);
      if (doing && 'slow' in doing) await pause(doing.slow);
    }
    onward.end();
    await pass(await answered, answer, doing);
  }
}

async function pass(from: IncomingMessage, to: ServerResponse, doing: Doing | undefined): Promise<void> {
  if (doing && 'change' in doing) {
    const chunks: Buffer[] = [];
    for await (const chunk of from as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = doing.change(Buffer.concat(chunks));
    const kept = Object.entries(from.headers).filter(([name]) => !/^(content-length|content-md5|etag)$/.test(name));
    to.writeHead(from.statusCode ?? 500, { ...Object.fromEntries(kept), 'content-length': body.length }).end(body);
    return;
  }
  to.writeHead(from.statusCode ?? 500, from.headers);
  let bytes = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (doing && 'of' in doing && doing.of === 'answer' && bytes > doing.breakAfter) {
      to.write(chunk.subarray(0, 1), () => to.destroy());
      return;
    }
    to.write(chunk);
  }
  to.end();
}
