import { EnvBoolean, EnvInteger, EnvText, EnvUrl } from './env.decorators.js';

/** Mail to people: by an SMTP server, or as files in `DATA_DIR/outbox` where there is none. */
export class MailConfig {
  @EnvUrl('SMTP_URL', {
    description:
      'The mail server: `smtps://` is TLS from the start, `smtp://` begins plainly and changes to TLS (STARTTLS). Without it mails are files in `DATA_DIR/outbox`. Needs `MAIL_FROM` and `PUBLIC_URL`.',
    optional: true,
    protocols: ['smtp:', 'smtps:'],
    example: 'smtp://user:password@mail.example.org:587',
  })
  smtpUrl?: string;

  @EnvBoolean('SMTP_REQUIRE_TLS', {
    description:
      'Whether nothing is sent to a server that offers no TLS. Certificates are always checked; `NODE_EXTRA_CA_CERTS` adds an authority of your own.',
  })
  requireTls = true;

  @EnvInteger('SMTP_TIMEOUT', {
    description: 'Longest silence of the mail server; an attempt takes 50 seconds at most in all.',
    unit: 'seconds',
    min: 1,
    max: 45,
  })
  timeout = 15;

  @EnvText('MAIL_FROM', {
    description: 'Whom mails are from: an address, or a name and an address in angle brackets.',
    pattern:
      /^(?:[^<>@"\p{Cc}]{1,100} <[^\s<>@,;:"()[\]\\]{1,64}@[^\s<>@,;:"()[\]\\]{1,255}>|[^\s<>@,;:"()[\]\\]{1,64}@[^\s<>@,;:"()[\]\\]{1,255})$/u,
    example: 'Family Assistant <family@example.org>',
  })
  from = 'Family Assistant <family-assistant@localhost>';
}
