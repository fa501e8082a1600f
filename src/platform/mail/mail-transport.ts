/** A mail to one person. */
export interface OutgoingMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The same when the same mail is sent again (RFC 5322, 3.6.4), in angle brackets. Made anew unless given. */
  readonly messageId?: string;
}

/** A way that mails take out of the house. */
export interface MailTransport {
  /** @throws MailNotSent when it is worth trying again; MailRefused when it is not */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<void>;
  /** Deletes what it keeps of mails to an address. @returns how many there were */
  forget(address: string): Promise<number>;
  close(): void;
}
