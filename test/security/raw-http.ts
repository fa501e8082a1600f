import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  /** 0 when the server closed the connection without an answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Buffer;
  /** Announces the right length unless the headers hold one. */
  readonly announce?: boolean;
}

const PATIENCE = 10_000;

/**
 * Sends bytes to a server and reads one answer until the connection ends. HTTP clients refuse to send much of what an
 * attacker would; a socket does not.
 */
export function sendBytes(url: string, bytes: string | Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes);
    });
    socket.setTimeout(PATIENCE, () => {
      socket.destroy();
      reject(new Error(`no answer to ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`));
    });
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isComplete(Buffer.concat(chunks))) socket.end();
    });
    // A server that refuses a body may close while it is still being sent; what it said before counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(parse(Buffer.concat(chunks)));
    });
  });
}

/** Builds one HTTP/1.1 request, as it is, and sends it. */
export function sendRaw(
  url: string,
  { method = 'GET', path = '/', headers = [], body = '', announce = true }: RawRequest,
): Promise<RawAnswer> {
  const has = (name: string): boolean => headers.some(([other]) => other.toLowerCase() === name);
  const content = Buffer.from(body);
  const all = [
    ...(has('host') ? [] : [['Host', new URL(url).host] as const]),
    ...headers,
    ...(announce && content.length > 0 && !has('content-length')
      ? [['Content-Length', String(content.length)] as const]
      : []),
    ['Connection', 'close'] as const,
  ];
  const head = `${method} ${path} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return sendBytes(url, Buffer.concat([Buffer.from(head, 'latin1'), content]));
}

/** Whether a whole answer with a known length has arrived, on a connection that may stay open. */
function isComplete(received: Buffer): boolean {
  const { status, headers } = parse(received);
  const end = received.indexOf('\r\n\r\n');
  const length = headers['content-length'];
  return status !== 0 && end >= 0 && length !== undefined && received.length >= end + 4 + Number(length);
}

function parse(received: Buffer): RawAnswer {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, headers: {}, body: '' };
  const [statusLine = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map(
      (line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
    ),
  );
  const length = headers['content-length'] === undefined ? undefined : end + 4 + Number(headers['content-length']);
  const body = received.subarray(end + 4, length).toString('utf8');
  return {
    status: Number(statusLine.split(' ')[1] ?? 0),
    headers,
    body: headers['transfer-encoding'] === 'chunked' ? unchunk(body) : body,
  };
}

function unchunk(body: string): string {
  return body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/gi, '');
}
