import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';

/** What a link in a mail proves: the own address, a new one, or the one of an account whose password was forgotten. */
export type MailPurpose = 'verify' | 'change' | 'reset';

export interface MailToken {
  readonly id: string;
  readonly purpose: MailPurpose;
  /** None for `reset`. */
  readonly userId: string | null;
  /** The address it is sent to, and that it proves. */
  readonly email: string;
}

const COLUMNS = 'id, purpose, user_id AS "userId", email';

/** Every query on the tokens of mails. A token has no hash, and opens nothing, until its mail is sent. */
@Injectable()
export class MailTokensRepository {
  /** Stores a token in the place of the one before it: the newest wins. */
  async replace(tx: Transaction, { id, purpose, userId, email }: MailToken): Promise<void> {
    const place =
      purpose === 'reset' ? `(email) WHERE purpose = 'reset'` : `(user_id, purpose) WHERE purpose <> 'reset'`;
    await managerOf(tx).query(
      `INSERT INTO mail_tokens (id, purpose, user_id, email) VALUES ($1, $2, $3, $4)
       ON CONFLICT ${place} DO UPDATE SET id = excluded.id, email = excluded.email, token_hash = NULL,
         created_at = excluded.created_at, expires_at = NULL`,
      [id, purpose, userId, email],
    );
  }

  /** Locks a token until the transaction ends; undefined when a newer one has taken its place, or it is of no use any more. */
  async lock(tx: Transaction, id: string): Promise<MailToken | undefined> {
    return first(tx, `SELECT ${COLUMNS} FROM mail_tokens WHERE id = $1 FOR UPDATE`, [id]);
  }

  /** Gives a token its hash; the earlier one, of a mail that may have got lost, ends. @param life seconds */
  async arm(tx: Transaction, id: string, hash: Buffer, life: number): Promise<void> {
    await managerOf(tx).query(
      `UPDATE mail_tokens SET token_hash = $2, expires_at = now() + $3 * interval '1 second' WHERE id = $1`,
      [id, hash, life],
    );
  }

  /** The token behind a hash, if it is still good for one of these purposes. */
  find(tx: Transaction, hash: Buffer, purposes: readonly MailPurpose[]): Promise<MailToken | undefined> {
    return first(tx, `SELECT ${COLUMNS} FROM mail_tokens WHERE ${GOOD}`, [hash, purposes]);
  }

  /** The same, and takes it away: of parallel callers one gets it. */
  async consume(tx: Transaction, hash: Buffer, purposes: readonly MailPurpose[]): Promise<MailToken | undefined> {
    const [rows] = await managerOf(tx).query<[MailToken[], number]>(
      `DELETE FROM mail_tokens WHERE ${GOOD} RETURNING ${COLUMNS}`,
      [hash, purposes],
    );
    return rows[0];
  }

  /** As they are given to the person in a copy: what was asked for. */
  copy(tx: Transaction, userId: string, email: string | null): Promise<Record<string, unknown>[]> {
    return managerOf(tx).query(
      `SELECT id, purpose, email, created_at, expires_at FROM mail_tokens WHERE ${OF_PERSON} ORDER BY created_at, id`,
      [userId, email],
    );
  }

  /** Ends every token of a person: those of the account, and one to reset the password by this address. @returns how many */
  async deleteAll(tx: Transaction, userId: string, email: string | null): Promise<number> {
    const [, deleted] = await managerOf(tx).query<[unknown[], number]>(`DELETE FROM mail_tokens WHERE ${OF_PERSON}`, [
      userId,
      email,
    ]);
    return deleted;
  }

  /** Forgets tokens that nobody has used for a day. */
  async deleteOld(tx: Transaction): Promise<void> {
    await managerOf(tx).query(`DELETE FROM mail_tokens WHERE created_at < now() - interval '1 day'`);
  }
}

const OF_PERSON = `(user_id = $1 OR (purpose = 'reset' AND email = $2))`;
const GOOD = 'token_hash = $1 AND purpose = ANY ($2) AND expires_at > now()';

async function first(tx: Transaction, query: string, values: readonly unknown[]): Promise<MailToken | undefined> {
  return (await managerOf(tx).query<MailToken[]>(query, [...values]))[0];
}
