import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server of files does with a request; false leaves it to the server. */
type Fault = (request: IncomingMessage, response: ServerResponse, content: Buffer) => boolean;

/** A server of files with Range requests, on a free port of this machine, that can fail in many ways. */
export class FileServer {
  readonly files = new Map<string, Buffer>();
  /** Requests so far: path and Range header. */
  readonly requests: { readonly path: string; readonly range: string | undefined }[] = [];
  /** Asked for each request, until one answers it. */
  fault: Fault = () => false;
  supportsRange = true;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FileServer> {
    const server = createServer();
    const files = new FileServer(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      files.answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return files;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/model`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').replace('/model/', '');
    const { range } = request.headers;
    this.requests.push({ path, range });
    const content = this.files.get(path);
    if (!content) {
      response.writeHead(404).end('no such file');
      return;
    }
    if (this.fault(request, response, content)) return;
    const start = this.supportsRange ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
    if (start > content.length) {
      response.writeHead(416).end();
      return;
    }
    const end = content.length - 1;
    const headers =
      start > 0 ? { 'content-range': `bytes ${String(start)}-${String(end)}/${String(content.length)}` } : {};
    response.writeHead(start > 0 ? 206 : 200, { ...headers, 'content-length': content.length - start });
    response.end(content.subarray(start));
  }
}

/** Sends the first bytes of what is asked for and breaks the connection, `times` times. */
export function breakOff(bytes: number, times: number): Fault {
  let left = times;
  return (request, response, content) => {
    if (left === 0) return false;
    left -= 1;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = `bytes ${String(start)}-${String(content.length - 1)}/${String(content.length)}`;
    response.writeHead(start > 0 ? 206 : 200, {
      ...(start > 0 && { 'content-range': range }),
      'content-length': content.length - start,
    });
    // In order, so that what was written arrives: a reset would take it back.
    response.write(content.subarray(start, start + bytes), () => {
      request.socket.destroySoon();
    });
    return true;
  };
}
