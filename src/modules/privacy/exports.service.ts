import type { Readable } from 'node:stream';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AuditTrail, by } from '../../platform/audit/index.js';
import { PrivacyConfig } from '../../platform/config/index.js';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import { uuidv7 } from '../../platform/ids.js';
import { defineSchedule, JobQueue, JobRegistry, type Job } from '../../platform/jobs/index.js';
import {
  PrivacyRegistry,
  type PersonalData,
  type Person,
  type Receipt,
  type Section,
} from '../../platform/privacy/index.js';
import type { Principal } from '../../platform/security/index.js';
import { MembershipData } from '../family/index.js';
import { AccountsService, type Language } from '../users/index.js';
import { toExportResponse, type ExportResponse } from './dto/export.response.js';
import { writeArchive } from './export-archive.js';
import { ExportFiles } from './export-files.js';
import type { ExportLanguage } from './export.texts.js';
import { ExportsRepository, type ExportRow } from './exports.repository.js';
import { PrivacyError } from './privacy.errors.js';
import { EXPORT } from './privacy.jobs.js';
import { WardsService } from './wards.service.js';

const LANGUAGES: Readonly<Record<Language, readonly ExportLanguage[]>> = {
  en: ['en'],
  es: ['es'],
  bilingual: ['en', 'es'],
};
/** Seconds after which it makes sense to ask again for a copy that is being made. */
const ASK_AGAIN = 5;

/** Copies of personal data: asked for, made by a job, fetched by their owner, deleted soon. */
@Injectable()
export class ExportsService implements PersonalData, OnModuleInit {
  readonly stage = 'access';
  private readonly logger = new Logger(ExportsService.name);

  constructor(
    private readonly runner: TransactionRunner,
    private readonly jobs: JobQueue,
    private readonly workers: JobRegistry,
    private readonly registry: PrivacyRegistry,
    private readonly trail: AuditTrail,
    private readonly accounts: AccountsService,
    private readonly memberships: MembershipData,
    private readonly wards: WardsService,
    private readonly exports: ExportsRepository,
    private readonly files: ExportFiles,
    private readonly config: PrivacyConfig,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
    this.workers.register(EXPORT, async (jobs, { signal }) => {
      for (const job of jobs) await this.make(job, signal);
    });
    this.workers.registerSchedule(
      defineSchedule({ id: 'privacy.exports', cron: '*/10 * * * *', execute: () => this.expire() }),
    );
  }

  /** Asks for a copy; where one is being made already, for that one. */
  request(principal: Principal): Promise<ExportResponse> {
    return this.runner.run(principal, (tx) => this.queue(tx, principal, principal.userId, 'account.export'));
  }

  /**
   * Asks for a copy of a child's data, which the parent who asks fetches.
   * @throws as `WardsService.require`; PrivacyError `export_not_ready` while somebody else's of that child is being made
   */
  async requestForMember(principal: Principal, memberId: string): Promise<ExportResponse> {
    const userId = await this.wards.require(principal, memberId, 'copy');
    return this.runner.runAsIdentity((tx) => this.queue(tx, principal, userId, 'member.export'));
  }

  /** @throws PrivacyError `export_not_found`, `export_not_ready`, `export_failed` */
  async fetch(principal: Principal, id: string): Promise<{ stream: Readable; size: number }> {
    const { file, size } = await this.runner.run(principal, async (tx) => {
      const row = await this.exports.find(tx, id);
      if (!row || !mayFetch(principal, row)) throw new PrivacyError('export_not_found');
      if (row.state === 'failed') throw new PrivacyError('export_failed');
      if (row.state === 'waiting') throw new PrivacyError('export_not_ready', { retryAfter: ASK_AGAIN });
      const isOwn = row.user_id === principal.userId;
      await this.trail.record(tx, {
        ...by(principal, isOwn ? 'account.export_fetch' : 'member.export_fetch'),
        subjectUserId: row.user_id,
        targetType: 'export',
        targetId: id,
      });
      return row;
    });
    const stream = file === null ? undefined : await this.files.read(file);
    if (!stream) throw new PrivacyError('export_not_found');
    return { stream, size: size ?? 0 };
  }

  /** Copies are no part of a copy. */
  sections(): readonly Section[] {
    return [];
  }

  async erase({ userId }: Person, receipt: Receipt): Promise<void> {
    await this.runner.runAsIdentity(async (tx) => {
      const files = await this.exports.deleteOf(tx, userId, null);
      await this.files.delete(files);
      await receipt.add(tx, 'exports', files.length);
    });
  }

  /** Deletes copies whose time is over, and files that belong to none; what nobody makes any more has failed. */
  async expire(): Promise<void> {
    const known = await this.runner.runAsIdentity(async (tx) => {
      await this.failAbandoned(tx);
      await this.exports.deleteExpired(tx);
      return this.exports.files(tx);
    });
    const deleted = await this.files.deleteAllBut(known);
    if (deleted > 0) this.logger.log({ deleted }, 'deleted copies of personal data that have expired');
  }

  private async queue(tx: Transaction, actor: Principal, userId: string, action: string): Promise<ExportResponse> {
    const id = uuidv7();
    const askedBy = userId === actor.userId ? null : actor.userId;
    if (await this.exports.insert(tx, { id, userId, askedBy })) {
      const event = { ...by(actor, action), subjectUserId: userId, targetType: 'export', targetId: id };
      await this.trail.record(tx, event);
      await this.jobs.enqueue(tx, EXPORT, { export_id: id });
    }
    const waiting = await this.exports.findWaiting(tx, userId);
    if (waiting?.asked_by !== askedBy) throw new PrivacyError('export_not_ready', { retryAfter: ASK_AGAIN });
    return toExportResponse(waiting);
  }

  /** Of those whose processes died each time nobody says so; the jobs are read last, as a new copy comes with its job. */
  private async failAbandoned(tx: Transaction): Promise<void> {
    const waiting = await this.exports.allWaiting(tx);
    const alive = new Set((await this.jobs.unfinished(tx, EXPORT)).map(({ export_id }) => export_id));
    for (const id of waiting.filter((each) => !alive.has(each)))
      await this.exports.fail(tx, id, this.config.exportTtlHours);
  }

  private async make({ payload, attempt }: Job<{ readonly export_id: string }>, signal: AbortSignal): Promise<void> {
    const row = await this.runner.runAsIdentity((tx) => this.exports.find(tx, payload.export_id));
    if (row?.state !== 'waiting') return;
    try {
      await this.write(row, signal);
    } catch (error) {
      if (attempt > EXPORT.retryLimit)
        await this.runner.runAsIdentity((tx) => this.exports.fail(tx, row.id, this.config.exportTtlHours));
      throw error;
    }
  }

  private async write({ id, user_id: userId, asked_by: askedBy }: ExportRow, signal: AbortSignal): Promise<void> {
    const user = await this.runner.runAsIdentity((tx) => this.accounts.find(tx, userId));
    if (!user) return;
    if (askedBy !== null && !(await this.wards.isStillTheirs(userId, askedBy)))
      return this.runner.runAsIdentity((tx) => this.exports.fail(tx, id, this.config.exportTtlHours));
    const remaining = await this.memberships.remainingOf(userId);
    const person: Person = {
      userId,
      memberships: remaining.map((each) => ({ ...each, isErased: false })),
      formerly: await this.memberships.formerOf(userId),
      askedBy: askedBy ?? undefined,
    };
    const sections = this.registry.list().flatMap((source) => source.sections(person));
    const { name, size } = await this.files.write((file) =>
      writeArchive(file, sections, LANGUAGES[user.language], signal),
    );
    const old = await this.runner.runAsIdentity(async (tx) =>
      (await this.exports.finish(tx, id, name, size, this.config.exportTtlHours))
        ? this.exports.deleteOf(tx, userId, id)
        : [name],
    );
    await this.files.delete(old);
  }
}

/** Row-level security has decided already, by the role; whoever only reads in the family is no parent who decides. */
const mayFetch = ({ userId, permissions }: Principal, { user_id }: ExportRow): boolean =>
  user_id === userId || permissions.has('member:export');
