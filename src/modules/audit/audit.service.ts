import { Readable } from 'node:stream';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AuditTrail, by } from '../../platform/audit/index.js';
import { AuditConfig } from '../../platform/config/index.js';
import { TransactionRunner } from '../../platform/database/index.js';
import { decodeCursor, toPage, withZone, type Page, type Position } from '../../platform/http/index.js';
import { defineSchedule, JobRegistry } from '../../platform/jobs/index.js';
import type { Principal } from '../../platform/security/index.js';
import { AuditRepository, type AuditFilter, type AuditRow } from './audit.repository.js';
import { csvHeader, toCsv } from './audit-csv.js';
import type { AuditExportQuery, AuditQuery, MyAuditQuery } from './dto/audit.query.js';
import { toAuditEventResponse, type AuditEventResponse } from './dto/audit.response.js';

/** Rows that an export reads, and that the schedule erases, at once. */
const ROUND = 1000;

/** Reads the audit log, and lets it forget what is past its time. */
@Injectable()
export class AuditService implements OnModuleInit {
  private readonly logger = new Logger(AuditService.name);

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: JobRegistry,
    private readonly trail: AuditTrail,
    private readonly events: AuditRepository,
    private readonly config: AuditConfig,
  ) {}

  onModuleInit(): void {
    this.registry.registerSchedule(
      defineSchedule({ id: 'audit.retention', cron: '41 3 * * *', execute: ({ signal }) => this.expire(signal) }),
    );
  }

  /** The whole log, for admins. That they read it is an event, too. */
  list(principal: Principal, query: AuditQuery): Promise<Page<AuditEventResponse>> {
    const after = decodeCursor(query.cursor);
    return this.runner.runAsIdentity(async (tx) => {
      const rows = await this.events.page(tx, filterOf(query), query.limit, after);
      await this.trail.record(tx, { ...by(principal, 'audit.read'), ...aboutWhom(principal, query) });
      return toPage(rows, query.limit, positionOf, toAuditEventResponse);
    });
  }

  /** What the person did, and what others did with their account and their data. */
  mine(principal: Principal, query: MyAuditQuery): Promise<Page<AuditEventResponse>> {
    const after = decodeCursor(query.cursor);
    return this.runner.run(principal, async (tx) => {
      const rows = await this.events.pageOf(tx, principal.userId, filterOf(query), query.limit, after);
      return toPage(rows, query.limit, positionOf, toAuditEventResponse);
    });
  }

  /** The log as CSV (RFC 4180), newest first, as long as it is: read in rounds, so that nobody waits for a slow reader. */
  async export(principal: Principal, query: AuditExportQuery): Promise<Readable> {
    await this.runner.runAsIdentity((tx) =>
      this.trail.record(tx, { ...by(principal, 'audit.export'), ...aboutWhom(principal, query) }),
    );
    return Readable.from(this.lines(filterOf(query)), { objectMode: false });
  }

  /** Erases what is older than the retention. */
  async expire(signal?: AbortSignal): Promise<void> {
    let total = 0;
    for (let erased = ROUND; erased === ROUND; total += erased) {
      signal?.throwIfAborted();
      erased = await this.runner.runAsWorker(null, (tx) => this.events.expire(tx, this.config.retentionDays, ROUND));
    }
    if (total > 0) this.logger.log({ erased: total }, 'erased audit events past their retention');
  }

  private async *lines(filter: AuditFilter): AsyncGenerator<string> {
    yield csvHeader();
    let after: Position | undefined;
    for (;;) {
      const rows = await this.runner.runAsIdentity((tx) => this.events.page(tx, filter, ROUND, after));
      const shown = rows.slice(0, ROUND);
      if (shown.length > 0) yield toCsv(shown.map(toAuditEventResponse));
      const last = shown.at(-1);
      if (rows.length <= ROUND || !last) return;
      after = positionOf(last);
    }
  }
}

const positionOf = ({ sort_key, id }: AuditRow): Position => ({ at: sort_key, id });

const filterOf = ({ action, outcome, actor, subject, from, to, address }: Partial<AuditQuery>): AuditFilter => ({
  action,
  outcome,
  actor,
  subject,
  from: from && withZone(from),
  to: to && withZone(to),
  address,
});

/** Whoever's doings an admin looks up sees it in their own view. */
function aboutWhom({ userId }: Principal, { subject, actor }: AuditExportQuery): { subjectUserId: string | null } {
  const person = subject ?? actor ?? userId;
  return { subjectUserId: person === userId ? null : person };
}
