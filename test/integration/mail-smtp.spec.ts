import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { MailConfig, ServerConfig } from '../../src/platform/config/index.js';
import { Mailer } from '../../src/platform/mail/index.js';
import { Smtp } from '../../src/platform/mail/smtp.js';
import { CERTIFICATE, MailServer, parse } from '../support/mail/mail-server.js';
import { freePort, until } from '../support/process.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const MAIL = {
  from: 'Family Assistant <family@example.org>',
  to: 'maria@example.org',
  subject: 'Contraseña · Password',
  text: 'Niños y niñas.\n',
  html: '<p>Niños y niñas.</p>',
};
const never = new AbortController().signal;
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function newServer(options: Parameters<typeof MailServer.start>[0] = {}): Promise<MailServer> {
  const server = await MailServer.start(options);
  closing.push(() => server.close());
  return server;
}

function newSmtp(url: string, settings: Partial<ConstructorParameters<typeof Smtp>[0]> = {}): Smtp {
  const smtp = new Smtp({ url, requireTls: true, timeout: 20, ...settings });
  closing.push(() => {
    smtp.close();
  });
  return smtp;
}

const trusting = { tls: { ca: CERTIFICATE } };
const notSent = { name: 'MailNotSent' };
const refused = { name: 'MailRefused' };

describe('mail by SMTP', () => {
  it('arrives by STARTTLS, in text and HTML, with its letters', async () => {
    const server = await newServer({ tls: true });
    await newSmtp(`smtp://localhost:${String(server.port)}`, trusting).send(MAIL, never);
    expect(server.received).toMatchObject([
      { from: 'family@example.org', to: ['maria@example.org'], isEncrypted: true },
    ]);
    const mail = await parse(server.received[0]?.raw ?? '');
    expect(mail).toMatchObject({ subject: MAIL.subject, from: { name: 'Family Assistant' } });
    expect({ text: mail.text?.trim(), html: mail.html?.trim() }).toEqual({ text: MAIL.text.trim(), html: MAIL.html });
    expect(mail.headers).toContainEqual(expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }));
  });

  it('arrives by TLS from the start, signed in', async () => {
    const server = await newServer({ isSecure: true, login: 'family:p@ss:word/' });
    const url = `smtps://family:${encodeURIComponent('p@ss:word/')}@localhost:${String(server.port)}`;
    await newSmtp(url, trusting).send(MAIL, never);
    expect(server.received).toHaveLength(1);
  });

  it('is not sent to a server that offers no TLS, nor to one whose certificate nobody vouches for', async () => {
    const plain = await newServer();
    await expect(newSmtp(`smtp://localhost:${String(plain.port)}`).send(MAIL, never)).rejects.toMatchObject(notSent);
    const unknown = await newServer({ tls: true });
    for (const requireTls of [true, false]) {
      const smtp = newSmtp(`smtp://localhost:${String(unknown.port)}`, { requireTls });
      await expect(smtp.send(MAIL, never)).rejects.toMatchObject(notSent);
    }
    const other = await newServer({ isSecure: true });
    const wrongName = newSmtp(`smtps://localhost:${String(other.port)}`, {
      tls: { ca: CERTIFICATE, servername: 'mail.example.org' },
    });
    await expect(wrongName.send(MAIL, never)).rejects.toMatchObject(notSent);
    expect([plain, unknown, other].map(({ received, attempts }) => [received.length, attempts])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it('is sent plainly only where that is allowed', async () => {
    const server = await newServer();
    await newSmtp(`smtp://127.0.0.1:${String(server.port)}`, { requireTls: false }).send(MAIL, never);
    expect(server.received).toMatchObject([{ isEncrypted: false }]);
  });

  it('is tried again where the server is away, asks for later, or does not let us in', async () => {
    const away = newSmtp(`smtp://127.0.0.1:${String(await freePort())}`);
    await expect(away.send(MAIL, never)).rejects.toMatchObject(notSent);

    const server = await newServer();
    server.next.push({ at: 'rcpt', code: 450 }, { at: 'data', code: 451 });
    const smtp = newSmtp(`smtp://127.0.0.1:${String(server.port)}`, { requireTls: false });
    await expect(smtp.send(MAIL, never)).rejects.toMatchObject(notSent);
    await expect(smtp.send(MAIL, never)).rejects.toMatchObject(notSent);
    await smtp.send(MAIL, never);
    expect(server.received).toHaveLength(1);

    const guarded = await newServer({ isSecure: true, login: 'family:right' });
    const wrong = newSmtp(`smtps://family:wrong@localhost:${String(guarded.port)}`, trusting);
    await expect(wrong.send(MAIL, never)).rejects.toMatchObject(notSent);
  });

  it('is given up where the server refuses the recipient or the message; its words stay out of the error', async () => {
    const server = await newServer();
    const smtp = newSmtp(`smtp://127.0.0.1:${String(server.port)}`, { requireTls: false });
    for (const behaviour of [
      { at: 'rcpt', code: 550 },
      { at: 'data', code: 554 },
    ] as const) {
      server.next.push(behaviour);
      const error = await smtp.send(MAIL, never).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ ...refused, message: expect.stringContaining(String(behaviour.code)) });
      expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('example.org');
      expect((error as Error).cause).toBeUndefined();
    }
    expect(server.received).toEqual([]);
  });

  it('never hangs: a silent server is left after the longest silence, any server when the job ends', async () => {
    const silent = await silentServer();
    await expect(newSmtp(`smtp://127.0.0.1:${String(silent)}`, { timeout: 1 }).send(MAIL, never)).rejects.toMatchObject(
      notSent,
    );
    const server = await newServer();
    server.next.push({ at: 'rcpt', hang: true });
    const job = new AbortController();
    const sending = newSmtp(`smtp://127.0.0.1:${String(server.port)}`, { requireTls: false }).send(MAIL, job.signal);
    await until('the server has the recipient', () => server.attempts === 1);
    job.abort();
    await expect(sending).rejects.toMatchObject(notSent);
    expect(server.received).toEqual([]);
  });
});

describe('the mailer', () => {
  const hostile = [
    'maria@example.org\r\nBcc: eve@example.org',
    'maria@example.org\nRCPT TO:<eve@example.org>',
    'maria@example.org, eve@example.org',
    'maria@example.org;eve@example.org',
    'maria@example.org <eve@example.org>',
    '<maria@example.org>',
    '"maria eve"@example.org',
    'maria@example.org@example.com',
    'group:maria@example.org;',
    'maria@example.org\u0000',
    '',
  ];

  it('sends to one address and to nothing that could be more', async () => {
    const server = await newServer();
    const config = Object.assign(new MailConfig(), {
      smtpUrl: `smtp://127.0.0.1:${String(server.port)}`,
      requireTls: false,
      from: 'family@example.org',
    });
    const mailer = new Mailer(config, new ServerConfig());
    closing.push(() => {
      mailer.onApplicationShutdown();
    });
    for (const to of hostile) await expect(mailer.send(to, MAIL, never)).rejects.toMatchObject(refused);
    const subject = 'Hello\r\nBcc: eve@example.org';
    await expect(mailer.send(MAIL.to, { ...MAIL, subject }, never)).rejects.toMatchObject(refused);
    expect(server.attempts).toBe(0);
    await mailer.send(MAIL.to, MAIL, never);
    expect(server.received).toMatchObject([{ to: [MAIL.to] }]);
    const { to, cc, bcc } = await parse(server.received[0]?.raw ?? '');
    expect({ to: to?.length, cc, bcc }).toEqual({ to: 1, cc: undefined, bcc: undefined });
  });
});

/** Takes connections and says nothing. */
async function silentServer(): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return port;
}
