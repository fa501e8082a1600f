import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../platform/audit/index.js';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import { decodeCursor, toPage, type Page, type PageQuery } from '../../platform/http/index.js';
import { uuidv7 } from '../../platform/ids.js';
import { JobQueue } from '../../platform/jobs/index.js';
import type { Principal } from '../../platform/security/index.js';
import { BackupError } from './backup.errors.js';
import { CREATE, VERIFY } from './backup.jobs.js';
import { recoveryPointOf, stateOf } from './backup.policy.js';
import { toBackupResponse, type BackupResponse, type BackupStatusResponse } from './dto/backup.response.js';
import { HouseholdBackups } from './household.service.js';
import { RunsRepository, type RunRow } from './runs.repository.js';

/** How often a backup is queued anew because the one that waited has begun. */
const ATTEMPTS = 5;

/** What operators ask of backups. */
@Injectable()
export class BackupsService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly jobs: JobQueue,
    private readonly trail: AuditTrail,
    private readonly runs: RunsRepository,
    private readonly backups: HouseholdBackups,
  ) {}

  /** Queues a backup; where one waits already, it is that one. @throws BackupError `backups_off` */
  request(principal: Principal): Promise<BackupResponse> {
    if (!this.backups.isEnabled) throw new BackupError('backups_off');
    return this.runner.run(principal, async (tx) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const waiting = await this.queueOrFind(tx, principal);
        if (waiting) return toBackupResponse(waiting);
      }
      throw new BackupError('backup_running');
    });
  }

  /** Queues the verification of a backup. @throws BackupError `backup_not_found`, `_not_whole`, `_no_identity` */
  async verify(principal: Principal, id: string): Promise<BackupResponse> {
    const run = await this.runs.find(id);
    if (!run) throw new BackupError('backup_not_found');
    if (run.state !== 'succeeded' || run.stored === 'deleted') throw new BackupError('backup_not_whole');
    if (!this.backups.canVerify) throw new BackupError('backup_no_identity');
    await this.runner.run(principal, async (tx) => {
      await this.trail.record(tx, { ...by(principal, 'backup.verify'), targetType: 'backup', targetId: id });
      await this.jobs.enqueue(tx, VERIFY, { run_id: id }, { key: id });
    });
    return toBackupResponse(run);
  }

  async list({ limit, cursor }: PageQuery): Promise<Page<BackupResponse>> {
    const rows = await this.runs.page(limit, decodeCursor(cursor));
    return toPage(rows, limit, ({ sort_key: at, id }) => ({ at, id }), toBackupResponse);
  }

  /** @throws BackupError `backup_not_found` */
  async get(id: string): Promise<BackupResponse> {
    const run = await this.runs.find(id);
    if (!run) throw new BackupError('backup_not_found');
    return toBackupResponse(run);
  }

  async status(): Promise<BackupStatusResponse> {
    const summary = await this.runs.summary();
    const { isEnabled, target, watched } = this.backups;
    const state = stateOf(summary, watched);
    const age = (time: Date | null): number | null =>
      time === null ? null : Math.max(0, Math.round((summary.now.getTime() - time.getTime()) / 1000));
    return {
      state,
      can_verify: watched.canVerify,
      target: isEnabled ? target.description : null,
      last_success_at: summary.last_success_at?.toISOString() ?? null,
      last_verified_at: summary.last_verified_at?.toISOString() ?? null,
      last_verified_id: summary.last_verified_id,
      recovery_point_seconds: age(recoveryPointOf(summary)),
      drill_seconds: summary.drill_seconds,
      head: summary.head,
      head_sha256: summary.head_sha256,
      last_error: summary.last_error,
      last_verification_error: summary.last_verification_error,
      missing: summary.missing,
      damaged: summary.damaged,
    };
  }

  /** Nothing when the one that waited has begun in between, in whichever process. */
  private async queueOrFind(tx: Transaction, principal: Principal): Promise<RunRow | undefined> {
    const id = uuidv7();
    if (await this.runs.insert(tx, id, 'request', principal.userId)) {
      await this.trail.record(tx, { ...by(principal, 'backup.request'), targetType: 'backup', targetId: id });
      await this.jobs.enqueue(tx, CREATE, { run_id: id });
    }
    return this.runs.findWaiting(tx);
  }
}
