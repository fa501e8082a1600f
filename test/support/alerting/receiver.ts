import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../process.js';

/** Something that was received. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** Milliseconds by a clock that nobody sets. */
  readonly at: number;
}

/** An HTTP server that takes what is sent to it, and answers what a test says. */
export class Receiver {
  readonly received: Received[] = [];
  status = 200;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const { method = '', url: path = '' } = request;
        receiver.received.push({ method, path, body, at: performance.now() });
        response.writeHead(receiver.status, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** What was received whose body says this. */
  saying(text: string): Received[] {
    return this.received.filter(({ body }) => body.includes(text));
  }

  /** Waits for a message that says this. */
  hears(text: string): Promise<Received> {
    return until(`a message that says ${text}`, () => this.saying(text)[0]);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
