import { ChannelError } from './channel.js';

/** What is posted where. */
export interface Post {
  /** May hold name and password, which become a header. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Posted {
  readonly status: number;
  readonly retryAfter: number | undefined;
  /** The beginning of what was answered. */
  readonly text: string;
}

/** Bytes that are read of an answer. */
const MOST_READ = 16_384;
const LONGEST_PAUSE = 3600;

/** By what Node and undici call failures of a connection. */
const CODES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

/**
 * Posts JSON and waits for the answer.
 * @throws ChannelError for anything but a 2xx; nothing of the address or the answer is in it
 */
export async function postJson({ url, headers, body }: Post, signal: AbortSignal): Promise<Posted> {
  const { address, authorization } = splitCredentials(url);
  try {
    const response = await fetch(address, {
      method: 'POST',
      // What goes to one place goes to no other.
      redirect: 'error',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'family-assistant',
        ...(authorization === undefined ? {} : { authorization }),
        ...headers,
      },
      body,
      signal,
    });
    const text = await beginningOf(response);
    return { status: response.status, retryAfter: pauseOf(response.headers.get('retry-after')), text };
  } catch (error) {
    throw new ChannelError(signal.aborted ? 'timeout' : networkCode(error));
  }
}

/** @throws ChannelError unless the status says that it was accepted */
export function refuseUnlessOk({ status, retryAfter }: Posted): void {
  if (status < 200 || status > 299) throw new ChannelError(`http_${String(status)}`, retryAfter);
}

/** `fetch` takes no address with a name and a password in it. */
function splitCredentials(url: string): { readonly address: URL; readonly authorization: string | undefined } {
  const address = new URL(url);
  const { username, password } = address;
  if (`${username}${password}` === '') return { address, authorization: undefined };
  address.username = '';
  address.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { address, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function beginningOf(response: Response): Promise<string> {
  if (!response.body) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk as Uint8Array);
    size += (chunk as Uint8Array).byteLength;
    if (size >= MOST_READ) break; // which gives up the rest
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Seconds of `Retry-After`: a number, or a date (RFC 9110, 10.2.3); an hour at most. */
function pauseOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d{1,9}$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(LONGEST_PAUSE, Math.max(0, seconds));
}

function networkCode(error: unknown): string {
  for (let cause = error; typeof cause === 'object' && cause !== null;) {
    const { code, cause: deeper } = cause as { readonly code?: unknown; readonly cause?: unknown };
    if (typeof code === 'string') return CODES[code] ?? (isTls(code) ? 'tls' : 'network');
    cause = deeper;
  }
  return 'network';
}

const isTls = (code: string): boolean =>
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO)/.test(code);
