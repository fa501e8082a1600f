import { Hopeless } from '../jobs/index.js';

/** A mail that could not be handed over this time: the server is away, slow, or asks to come back later (4xx). */
export class MailNotSent extends Error {
  override readonly name = 'MailNotSent';
}

/** A mail that the server will never take (5xx), or that must not be sent. */
export class MailRefused extends Hopeless {
  override readonly name = 'MailRefused';
}

interface SmtpFailure {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  readonly command?: unknown;
}

/** Asks for authentication: a matter of settings, which somebody will mend. */
const AUTHENTICATION = [530, 534, 535, 538];

/**
 * What a failure of an SMTP client means (RFC 5321, section 4.2.1: 5yz to the envelope or the message is for good). The
 * words of the server stay out, as they quote addresses.
 */
export function mailErrorOf(error: unknown): MailNotSent | MailRefused {
  const { code, responseCode, command } = (typeof error === 'object' && error !== null ? error : {}) as SmtpFailure;
  const status = typeof responseCode === 'number' ? responseCode : undefined;
  const words = [code, status, command].filter((word) => typeof word === 'string' || typeof word === 'number');
  const message = `the mail server: ${words.length > 0 ? words.join(' ') : 'no answer'}`;
  const isAboutMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  const isForGood = isAboutMail && status !== undefined && status >= 500 && status !== 503;
  return isForGood && !AUTHENTICATION.includes(status) ? new MailRefused(message) : new MailNotSent(message);
}
