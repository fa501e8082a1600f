import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { SpanKind } from '@opentelemetry/api';
import { createTransport, type Transporter } from 'nodemailer';
import { inSpan } from '../observability/index.js';
import { mailErrorOf } from './mail.errors.js';
import type { MailTransport, OutgoingMail } from './mail-transport.js';

export interface SmtpSettings {
  /** `smtp://` or `smtps://`, with name and password if the server asks for them. */
  readonly url: string;
  readonly requireTls: boolean;
  /** Longest silence in seconds. */
  readonly timeout: number;
  /** Besides what Node trusts. */
  readonly tls?: ConnectionOptions;
}

/** Longest attempt in all, in milliseconds: a server that sends a byte now and then is never silent. */
const LONGEST = 50_000;

/** Hands mails to an SMTP server (RFC 5321), one connection each. Certificates are always checked. */
export class Smtp implements MailTransport {
  private readonly transporter: Transporter;
  private readonly server: { readonly host: string; readonly port: number };

  constructor({ url, requireTls, timeout, tls = {} }: SmtpSettings) {
    const { protocol, hostname, port, username, password } = new URL(url);
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const isSecure = protocol === 'smtps:';
    const silence = timeout * 1000;
    this.server = { host, port: Number(port) || (isSecure ? 465 : 587) };
    this.transporter = createTransport({
      ...this.server,
      secure: isSecure,
      requireTLS: requireTls,
      ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
      tls: { ...(isIP(host) ? {} : { servername: host }), ...tls, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
      dnsTimeout: silence,
      connectionTimeout: silence,
      greetingTimeout: silence,
      socketTimeout: silence,
      socketCloseTimeout: 0,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  send(mail: OutgoingMail, signal: AbortSignal): Promise<void> {
    const attributes = { 'server.address': this.server.host, 'server.port': this.server.port };
    return inSpan('SMTP send', { kind: SpanKind.CLIENT, attributes }, () => this.handOver(mail, signal));
  }

  private async handOver(
    { from, to, subject, text, html, messageId }: OutgoingMail,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.transporter.sendMail({
        from,
        // As an object: what stands in it is one address, whatever characters it has.
        to: { name: '', address: to },
        subject,
        text,
        html,
        ...(messageId === undefined ? {} : { messageId }),
        // RFC 3834: nobody's out-of-office answers it.
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]),
      });
    } catch (error) {
      throw mailErrorOf(error);
    }
  }

  /** What was handed over is kept nowhere here. */
  forget(): Promise<number> {
    return Promise.resolve(0);
  }

  close(): void {
    this.transporter.close();
  }
}
