import { Injectable } from '@nestjs/common';
import { managerOf, TransactionRunner, type Transaction } from '../database/index.js';

/** Whose requests are counted: a person's, or those of one of their keys. */
export interface QuotaSubject {
  readonly userId: string;
  /** Null: the person's. */
  readonly keyId: string | null;
  /** The day is that of this family's zone. */
  readonly familyId: string | null;
}

/** Some of today's requests, for this process to hand out. */
export interface Lease {
  readonly granted: number;
  readonly allowed: number;
  /** The day it is good for, `YYYY-MM-DD`. */
  readonly today: string;
  /** What was handed out before it. */
  readonly usedBefore: number;
  /** Seconds until that day ends. */
  readonly resetsIn: number;
}

const LEASE = {
  name: 'lease-requests',
  text: `SELECT granted, allowed, today::text AS today, used_before AS "usedBefore", resets_in AS "resetsIn"
    FROM app.lease_requests($1::uuid, $2::uuid, $3::uuid, $4::int)`,
};
const GIVE_BACK = {
  name: 'give-back-requests',
  // In one order: two processes that stop at once do not wait for each other.
  text: `SELECT app.give_back_requests(subject, day, leased)
    FROM (SELECT * FROM unnest($1::uuid[], $2::date[], $3::int[]) AS s(subject, day, leased) ORDER BY subject) unused`,
};

/** The daily counts in the database. */
@Injectable()
export class QuotaStore {
  constructor(private readonly runner: TransactionRunner) {}

  /** @returns undefined when nothing limits this subject */
  async lease({ userId, keyId, familyId }: QuotaSubject, standard: number | null): Promise<Lease | undefined> {
    const [row] = await this.runner.query<Lease | { allowed: null }>(LEASE, [userId, keyId, familyId, standard]);
    return row && row.allowed !== null ? row : undefined;
  }

  /** @param unused requests that were leased on a day, of one subject each */
  async giveBack(
    unused: readonly { readonly subject: QuotaSubject; readonly day: string; readonly leased: number }[],
  ): Promise<void> {
    await this.runner.query(GIVE_BACK, [
      unused.map(({ subject: { userId, keyId } }) => keyId ?? userId),
      unused.map(({ day }) => day),
      unused.map(({ leased }) => leased),
    ]);
  }

  /** As they are given to the person in a copy. */
  copy(tx: Transaction, userId: string): Promise<Record<string, unknown>[]> {
    return managerOf(tx).query(
      'SELECT api_key_id, day::text AS day, used FROM daily_requests WHERE user_id = $1 ORDER BY subject_id',
      [userId],
    );
  }

  /** Those of a person and of their keys. @returns how many counts there were */
  async deleteAll(tx: Transaction, userId: string): Promise<number> {
    const [, deleted] = await managerOf(tx).query<[unknown[], number]>(
      'DELETE FROM daily_requests WHERE user_id = $1',
      [userId],
    );
    return deleted;
  }
}
