/** HTTP as the users of a load speak it: each over one kept-alive connection of their own. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** Milliseconds; whoever waits longer has left. */
const PATIENCE = 30_000;

export interface Answer {
  /** 0 when none came. */
  readonly status: number;
  readonly text: string;
  /** Milliseconds from the sending to the last byte. */
  readonly took: number;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly token?: string | undefined;
  readonly body?: object | undefined;
}

export class Client {
  private readonly agent: HttpAgent;

  /** @param address in whose name it speaks to a server that believes `X-Forwarded-For` */
  constructor(
    private readonly url: string,
    private readonly address: string,
  ) {
    const Agent = url.startsWith('https:') ? HttpsAgent : HttpAgent;
    this.agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** Never fails: what went wrong is an answer with status 0. */
  async send({ method, path, token, body }: Call): Promise<Answer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: 'application/json',
      'x-forwarded-for': this.address,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
    };
    const started = performance.now();
    const since = (): number => performance.now() - started;
    const send = this.url.startsWith('https:') ? httpsRequest : httpRequest;
    try {
      const { response, text } = await new Promise<{ response: IncomingMessage; text: string }>((resolve, reject) => {
        const signal = AbortSignal.timeout(PATIENCE);
        const request = send(this.url + path, { method, headers, agent: this.agent, signal }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.once('end', () => {
            resolve({ response, text });
          });
          response.once('error', reject);
        });
        request.once('error', reject);
        request.end(payload);
      });
      return { status: response.statusCode ?? 0, text, took: since() };
    } catch {
      return { status: 0, text: '', took: since() };
    }
  }

  /** @throws Error with the answer unless it has this status */
  async expect(status: number, call: Call): Promise<unknown> {
    const answer = await this.send(call);
    if (answer.status !== status)
      throw new Error(`${call.method} ${call.path} was answered with ${String(answer.status)}: ${answer.text}`);
    return JSON.parse(answer.text);
  }

  close(): void {
    this.agent.destroy();
  }
}
