import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { AlertChannel } from '../../../src/platform/config/index.js';

/**
 * What happens to a message: `accept` takes it; `lost` takes it and breaks the connection instead of answering; `reset`
 * breaks it without taking anything; `hang` never answers; a number is the answer (of SMTP, for a mail).
 */
export type Behaviour = 'accept' | 'lost' | 'reset' | 'hang' | number;

/** A message that a receiver took. */
export interface Arrival {
  readonly channel: AlertChannel;
  /** What the sender calls it; what a message without a name says. */
  readonly id: string;
  readonly text: string;
  /** Whether it says that it may have come before. */
  readonly isMarked: boolean;
  readonly at: number;
  readonly body?: unknown;
  readonly headers?: IncomingMessage['headers'];
  readonly raw?: string;
  /** Whether the sender may have had no answer: it was broken off, or the sender gave up. */
  isAnswered: boolean;
}

/** What a message says that may have come before, where there are no ids. */
const MARK = 'This message may have come before.\n\n';

/** Somewhere alerts go, over the wire. */
export abstract class Receiver {
  readonly arrivals: Arrival[] = [];
  /** Of the messages to come. */
  readonly next: Behaviour[] = [];
  /** Told of each message that was taken. */
  onArrival: (arrival: Arrival) => void = () => undefined;
  /** Done when a message was taken, before and after it is answered. */
  onTaken: (when: 'before' | 'after') => void = () => undefined;
  requests = 0;
  protected port = 0;

  constructor(readonly channel: AlertChannel) {}

  abstract start(): Promise<void>;
  /** Listens no more: who connects is refused. */
  abstract stop(): Promise<void>;

  get address(): string {
    return `127.0.0.1:${String(this.port)}`;
  }

  get host(): string {
    return `localhost:${String(this.port)}`;
  }

  protected take(arrival: Omit<Arrival, 'channel' | 'at' | 'isAnswered' | 'isMarked'>): Arrival {
    const isMarked = arrival.text.includes(MARK);
    const taken = { ...arrival, isMarked, channel: this.channel, at: performance.now(), isAnswered: false };
    this.arrivals.push(taken);
    this.onArrival(taken);
    this.onTaken('before');
    return taken;
  }
}

interface Posted {
  readonly id?: string;
  readonly text?: string;
  readonly title?: string;
  readonly message?: string;
  readonly sequence_id?: string;
  readonly alerts?: readonly { readonly annotations: { readonly summary: string } }[];
}

/** A server that speaks as a webhook, the Bot API of Telegram, or ntfy do. */
export class HttpReceiver extends Receiver {
  private server: Server | undefined;

  override async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  override async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const behaviour = this.next.shift() ?? 'accept';
    const body = JSON.parse(await text(request)) as Posted;
    if (behaviour === 'hang') return;
    if (behaviour === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    response.setHeader('connection', 'close');
    response.setHeader('content-type', 'application/json');
    if (typeof behaviour === 'number') {
      if (behaviour === 429) response.setHeader('retry-after', '0');
      response.writeHead(behaviour).end(JSON.stringify({ ok: false, description: 'no' }));
      return;
    }
    const arrival = this.take(this.read(request, body));
    if (behaviour === 'lost' || request.socket.destroyed) {
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(200).end(JSON.stringify({ ok: true, result: {} }), () => {
      arrival.isAnswered = true;
      this.onTaken('after');
    });
  }

  private read(
    { headers }: IncomingMessage,
    body: Posted,
  ): Omit<Arrival, 'channel' | 'at' | 'isAnswered' | 'isMarked'> {
    const said = this.channel === 'ntfy' ? `${body.title ?? ''}\n\n${body.message ?? ''}` : (body.text ?? '');
    const id = { webhook: body.id, ntfy: body.sequence_id, telegram: body.text?.replace(MARK, ''), email: undefined }[
      this.channel
    ];
    const all = (body.alerts ?? []).map(({ annotations }) => annotations.summary).join('\n');
    return { id: id ?? '', text: this.channel === 'webhook' ? `${body.title ?? ''}\n${all}` : said, body, headers };
  }
}

/** A mail server. */
export class MailReceiver extends Receiver {
  private server: SMTPServer | undefined;
  private readonly sockets = new Map<number, Socket>();

  constructor() {
    super('email');
  }

  override async start(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      logger: false,
      closeTimeout: 100,
      onData: (stream, { remotePort }, done) => {
        const taken = buffer(stream).then(async (content) => {
          this.requests += 1;
          const behaviour = this.next.shift() ?? 'accept';
          if (behaviour === 'hang') return;
          if (behaviour === 'reset') {
            this.sockets.get(remotePort)?.resetAndDestroy();
            return;
          }
          if (typeof behaviour === 'number') {
            done(Object.assign(new Error('no'), { responseCode: behaviour }));
            return;
          }
          const mail = await PostalMime.parse(content);
          const raw = content.toString('utf8');
          const said = `${mail.subject ?? ''}\n\n${mail.text ?? ''}`;
          const arrival = this.take({ id: mail.messageId ?? '', text: said, raw });
          const socket = this.sockets.get(remotePort);
          if (behaviour === 'lost' || socket?.destroyed) {
            socket?.resetAndDestroy();
            return;
          }
          done();
          arrival.isAnswered = true;
          this.onTaken('after');
        });
        // A sender that was killed in the middle of a mail has sent none.
        taken.catch(() => undefined);
      },
    });
    server.on('error', () => undefined);
    server.server.on('connection', (socket: Socket) => {
      const { remotePort } = socket;
      if (remotePort === undefined) return;
      this.sockets.set(remotePort, socket);
      socket.once('close', () => this.sockets.delete(remotePort));
      socket.on('error', () => undefined);
    });
    this.server = server;
    await new Promise<void>((resolve) => {
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.server.address() as AddressInfo).port;
  }

  override async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    for (const socket of this.sockets.values()) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(resolve);
    });
  }
}
