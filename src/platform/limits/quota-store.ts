import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../database/index.js';

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
  text: 'SELECT app.give_back_requests($1::uuid, $2::date, $3::int)',
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

  async giveBack({ userId, keyId }: QuotaSubject, day: string, unused: number): Promise<void> {
    await this.runner.query(GIVE_BACK, [keyId ?? userId, day, unused]);
  }
}
