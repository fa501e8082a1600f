import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import PostalMime from 'postal-mime';
import { freePort } from '../process.js';

const fixture = (name: string): string => readFileSync(new URL(`../../fixtures/mail/${name}`, import.meta.url), 'utf8');
/** A certificate for localhost that nobody has signed, and its key: for tests alone. */
export const CERTIFICATE = fixture('localhost.cert.pem');

/** A mail as the server took it. */
export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly isEncrypted: boolean;
}

/** What the server does with the next mail; it takes those after it. `hang` answers nothing any more. */
export type Behaviour =
  { readonly at: 'rcpt' | 'data'; readonly code: number } | { readonly at: 'rcpt'; readonly hang: true };

/** A real SMTP server on this machine that does what a test tells it. */
export class MailServer {
  readonly received: Received[] = [];
  readonly next: Behaviour[] = [];
  /** Recipients that were named, refused ones included. */
  attempts = 0;

  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
  ) {}

  /** Starts it on a port, or on a free one. Without `tls` it offers no STARTTLS; `user:password` must sign in then. */
  static async start({
    port,
    tls = false,
    isSecure = false,
    login,
  }: { port?: number; tls?: boolean; isSecure?: boolean; login?: string } = {}): Promise<MailServer> {
    const at = port ?? (await freePort());
    const options: SMTPServerOptions = {
      secure: isSecure,
      ...(tls || isSecure ? { key: fixture('localhost.key.pem'), cert: CERTIFICATE } : {}),
      hideSTARTTLS: !tls,
      authOptional: login === undefined,
      disabledCommands: login === undefined ? ['AUTH'] : [],
      logger: false,
      closeTimeout: 100,
      onAuth: ({ username, password }, _session, done) => {
        const isRight = `${username ?? ''}:${password ?? ''}` === login;
        done(isRight ? null : new Error('wrong'), isRight ? { user: username } : undefined);
      },
      onRcptTo: (_address, _session, done) => {
        mail.attempts += 1;
        const behaviour = mail.next[0];
        if (behaviour?.at !== 'rcpt') {
          done();
          return;
        }
        mail.next.shift();
        if (!('hang' in behaviour)) done(refusal(behaviour.code));
      },
      onData: (stream, session, done) => {
        void buffer(stream).then((content) => {
          const behaviour = mail.next.shift();
          if (behaviour && 'code' in behaviour) {
            done(refusal(behaviour.code));
            return;
          }
          const { mailFrom, rcptTo } = session.envelope;
          mail.received.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            raw: content.toString('utf8'),
            isEncrypted: session.secure,
          });
          done();
        });
      },
    };
    const server = new SMTPServer(options);
    const mail = new MailServer(server, at);
    server.on('error', () => undefined); // a client that breaks off is what some tests are about
    await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
    return mail;
  }

  get address(): AddressInfo {
    return this.server.server.address() as AddressInfo;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }
}

/** A mail as a reader's program shows it. */
export const parse = (raw: string): ReturnType<typeof PostalMime.parse> => PostalMime.parse(raw);

function refusal(responseCode: number): Error {
  // Words as servers use them: they quote the address.
  return Object.assign(new Error('<somebody@example.org> is not welcome'), { responseCode });
}
