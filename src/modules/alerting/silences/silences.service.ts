import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../../platform/audit/index.js';
import { lockInTransaction, TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import { decodeCursor, fieldError, toPage, withZone, type Page, type PageQuery } from '../../../platform/http/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import type { Principal } from '../../../platform/security/index.js';
import { isMatcher } from '../delivery/index.js';
import { AlertingError } from '../alerting.errors.js';
import type { CreateSilenceRequest } from '../dto/silence.request.js';
import { toSilenceResponse, type SilenceResponse } from '../dto/silence.response.js';
import { fitsNothing } from './patterns.js';
import { SilenceBook } from './silence-book.js';
import { faultOf, MOST_SILENCES, startOf } from './silence.policy.js';
import { SilencesRepository, type SilenceRow } from './silences.repository.js';

/** What operators do with silences. They hold for every process within seconds, for this one at once. */
@Injectable()
export class SilencesService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly trail: AuditTrail,
    private readonly rows: SilencesRepository,
    private readonly book: SilenceBook,
  ) {}

  async list({ limit, cursor }: PageQuery): Promise<Page<SilenceResponse>> {
    const after = decodeCursor(cursor);
    const rows = await this.runner.runAsIdentity((tx) => this.rows.page(tx, limit, after));
    const positionOf = ({ sort_key: at, id }: SilenceRow): { at: string; id: string } => ({ at, id });
    return toPage(rows, limit, positionOf, (row) => toSilenceResponse(row));
  }

  /**
   * Makes a silence; the same request under the same key makes no second one.
   * @throws AlertingError `alert_silences_full`, `alert_silence_key_reused`; DomainError for fields
   */
  async create(principal: Principal, request: CreateSilenceRequest, key: string | undefined): Promise<SilenceResponse> {
    const now = Date.now();
    const startsAt = startOf(request.starts_at === undefined ? undefined : timeOf(request.starts_at), now);
    const silence = { startsAt, endsAt: timeOf(request.ends_at) };
    checkMatchers(request);
    checkKey(key);
    const fault = faultOf(silence, now);
    const requestHash = createHash('sha256').update(JSON.stringify(request)).digest('hex');
    const row = await this.asOperator(principal, async (tx) => {
      // One after the other: for the key, and for how many there may be.
      await lockInTransaction(tx, 'alerting.silences');
      const known = key === undefined ? undefined : await this.rows.findByRequest(tx, principal.userId, key);
      if (known && known.request_hash !== requestHash) throw new AlertingError('alert_silence_key_reused');
      if (known) return known;
      if (fault) throw fieldError(...fault);
      return this.insert(tx, principal, request, { ...silence, key, requestHash });
    });
    await this.book.refresh();
    return toSilenceResponse(row);
  }

  /** Ends a silence; one that has ended stays as it is. @throws AlertingError `alert_silence_not_found` */
  async expire(principal: Principal, id: string): Promise<void> {
    await this.asOperator(principal, async (tx) => {
      const silence = await this.rows.find(tx, id, true);
      if (!silence) throw new AlertingError('alert_silence_not_found');
      if (silence.expired_at !== null || silence.ends_at.getTime() <= Date.now()) return;
      await this.rows.expire(tx, id);
      await this.trail.record(tx, { ...by(principal, 'alert.silence_expire'), targetType: 'silence', targetId: id });
    });
    await this.book.refresh();
  }

  private async insert(
    tx: Transaction,
    principal: Principal,
    { matchers, comment }: CreateSilenceRequest,
    more: { startsAt: number; endsAt: number; key: string | undefined; requestHash: string },
  ): Promise<SilenceRow> {
    if ((await this.rows.countLive(tx)) >= MOST_SILENCES) throw new AlertingError('alert_silences_full');
    const id = uuidv7();
    await this.rows.insert(tx, {
      id,
      matchers: matchers.map(({ name, operator, value }) => ({ name, operator, value })),
      comment,
      created_by: principal.userId,
      starts_at: new Date(more.startsAt),
      ends_at: new Date(more.endsAt),
      request_key: more.key ?? null,
      request_hash: more.key === undefined ? null : more.requestHash,
    });
    const details = { matchers: matchers.length, until: new Date(more.endsAt).toISOString() };
    const about = { targetType: 'silence', targetId: id, details };
    await this.trail.record(tx, { ...by(principal, 'alert.silence_create'), ...about });
    const row = await this.rows.find(tx, id);
    if (!row) throw new Error('a silence that was stored is not there');
    return row;
  }

  /** In the realm in which silences are seen, for somebody who still has the right to it. */
  private asOperator<T>(principal: Principal, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.runner.runAsIdentity(async (tx) => {
      await this.runner.enterAgain(tx, principal);
      return work(tx);
    });
  }
}

const timeOf = (instant: string): number => Date.parse(withZone(instant));

function checkMatchers({ matchers }: CreateSilenceRequest): void {
  for (const [index, matcher] of matchers.entries()) {
    if (!isMatcher(matcher))
      throw fieldError(`matchers[${String(index)}].value`, 'value must be a pattern of RE2, without many repetitions');
  }
  if (matchers.every(fitsNothing))
    throw fieldError(
      'matchers',
      'matchers must hold one that does not fit a label that is missing: they fit everything',
    );
}

function checkKey(key: string | undefined): void {
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key))
    throw fieldError('Idempotency-Key', 'Idempotency-Key must be 1 to 255 visible ASCII characters');
}
