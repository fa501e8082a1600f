import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AuditTrail } from '../../platform/audit/index.js';
import { BackupConfig } from '../../platform/config/index.js';
import { TransactionRunner } from '../../platform/database/index.js';
import { uuidv7 } from '../../platform/ids.js';
import { defineSchedule, JobQueue, JobRegistry, Postponed, RunEnded } from '../../platform/jobs/index.js';
import { BackupError, toBackupError, type BackupErrorCode } from './backup.errors.js';
import { CREATE, VERIFY } from './backup.jobs.js';
import { noteDamaged, noteVerified, type CatalogEntry } from './catalog.js';
import { HouseholdBackups } from './household.service.js';
import type { OnProgress, Phase } from './progress.js';
import { retain } from './retain.js';
import { longestUnread } from './retention.policy.js';
import { RunsRepository, type RunCause } from './runs.repository.js';
import { BackupStock, madeRun } from './stock.js';
import { rereadBackup } from './verify-backup.js';

/** Milliseconds after which it is tried again when another process is at work. */
const ASK_AGAIN = 5000;
/** Milliseconds between two notes of how far a run has come. */
const NOTE_EVERY = 2000;

/** What backups do by themselves: they are made, verified, read again and deleted, one work at a time. */
@Injectable()
export class BackupRuns implements OnModuleInit {
  private readonly logger = new Logger('Backup');

  constructor(
    private readonly runner: TransactionRunner,
    private readonly jobs: JobQueue,
    private readonly workers: JobRegistry,
    private readonly trail: AuditTrail,
    private readonly runs: RunsRepository,
    private readonly backups: HouseholdBackups,
    private readonly stock: BackupStock,
    private readonly config: BackupConfig,
  ) {}

  onModuleInit(): void {
    this.workers.register(CREATE, async (jobs, { signal }) => {
      for (const { payload } of jobs) await this.asJob(payload.run_id, () => this.create(payload.run_id, signal));
    });
    this.workers.register(VERIFY, async (jobs, { signal }) => {
      for (const { payload } of jobs) await this.asJob(payload.run_id, () => this.verify(payload.run_id, signal));
    });
    if (!this.backups.isEnabled) return;
    const { schedule } = this.config;
    this.workers.registerSchedule(
      defineSchedule({ id: 'backup.daily', cron: schedule, execute: () => this.ask('schedule', null) }),
    );
    this.workers.registerSchedule(
      defineSchedule({
        id: 'backup.reread',
        cron: '43 5 * * *',
        timeout: CREATE.timeout,
        execute: ({ signal }) => this.reread(signal),
      }),
    );
  }

  /** Queues a backup, unless one waits already. */
  async ask(cause: RunCause, userId: string | null): Promise<void> {
    await this.runner.runAsIdentity(async (tx) => {
      const id = uuidv7();
      if (await this.runs.insert(tx, id, cause, userId)) await this.jobs.enqueue(tx, CREATE, { run_id: id });
    });
  }

  /** Makes a backup now, in this process, with the progress of a command. @returns its id; @throws BackupError */
  async createNow(cause: RunCause, signal: AbortSignal, onProgress: OnProgress): Promise<string> {
    const id = uuidv7();
    try {
      await this.backups.alone(signal, async (alone) => {
        await this.runs.insertRunning(id, cause);
        await this.createAlone(id, alone, onProgress);
      });
      return id;
    } catch (error) {
      const fault = toBackupError(error);
      // That another one is at work is no failure of backups.
      if (fault.code !== 'backup_running') await this.failed(id, fault);
      throw fault;
    }
  }

  /** Makes the backup of a run, verifies it where there is a key, and deletes what is too old. @throws BackupError */
  async create(id: string, signal: AbortSignal): Promise<void> {
    await this.backups.alone(signal, async (alone) => {
      // Not before: whoever is alone takes what seems to run for abandoned.
      await this.runs.begin(id);
      await this.createAlone(id, alone, () => undefined);
    });
  }

  private async createAlone(id: string, alone: AbortSignal, onProgress: OnProgress): Promise<void> {
    const note = this.noting(id, onProgress);
    const catalog = await this.stock.take();
    await this.stock.clearAway(catalog, id);
    const fault = catalog.faults.find((each) => each.id === id);
    if (fault) throw fault.error; // It was made: the run goes on in a database that was restored from it.
    if (!catalog.entries.some(({ manifest }) => manifest.id === id)) await this.make(id, alone, note);
    if (this.backups.canVerify) await this.prove(id, alone, note, 'backup_target_lies');
    await this.deleteOld();
  }

  /** Verifies a backup by restoring it. @throws BackupError what is wrong with it */
  async verify(id: string, signal: AbortSignal, onProgress: OnProgress = () => undefined): Promise<void> {
    await this.backups.alone(signal, async (alone) => {
      await this.prove(id, alone, this.noting(id, onProgress));
    });
  }

  /** Reads a seventh of what is stored again, every day another one: those that were found damaged, too. */
  async reread(signal: AbortSignal): Promise<void> {
    await this.backups.alone(signal, async (alone) => {
      const { entries } = await this.stock.take();
      const readAt = new Map((await this.runs.known()).map((row) => [row.id, row.reread_at]));
      const stored = entries
        .filter(({ trashed, archiveSize }) => !trashed && archiveSize !== undefined)
        .map(({ manifest }) => ({ manifest, readAt: readAt.get(manifest.id) ?? null }));
      for (const { manifest } of longestUnread(stored)) await this.readAgain(manifest, alone);
    });
  }

  /**
   * Forgets backups that are missing or damaged: they count as faults no more. Nothing is deleted, and one that is whole
   * again is remembered again.
   * @param ids of them; all that are missing where none is given
   * @returns those that were forgotten; @throws BackupError `backup_not_found`, `backup_still_stored`
   */
  forget(ids: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    return this.backups.alone(signal, async () => {
      await this.stock.take();
      const known = await this.runs.known();
      const missing = known.filter(({ stored }) => stored === 'missing').map(({ id }) => id);
      const chosen = ids.length > 0 ? ids : missing;
      for (const id of chosen) {
        const row = known.find((each) => each.id === id);
        if (!row) throw new BackupError('backup_not_found', id);
        if (row.stored !== 'missing' && row.stored !== 'damaged') throw new BackupError('backup_still_stored', id);
      }
      for (const id of chosen) {
        await this.runs.store(id, 'deleted');
        await this.record('backup.forgotten', id, {});
      }
      return chosen;
    });
  }

  private async readAgain(manifest: CatalogEntry['manifest'], signal: AbortSignal): Promise<void> {
    try {
      await rereadBackup(this.backups.target, manifest, signal);
      await this.runs.reread(manifest.id);
    } catch (error) {
      const fault = toBackupError(error);
      if (!fault.isDamage) throw fault;
      await this.damaged(manifest, fault);
    }
  }

  private async make(id: string, signal: AbortSignal, onProgress: OnProgress): Promise<void> {
    const { head, head_sha256: sha256 } = await this.runs.summary();
    const known = head === null || sha256 === null ? undefined : { sequence: head, sha256 };
    const { manifest, sha256: own } = await this.backups.create({ id, known }, { signal, onProgress });
    const made = madeRun(manifest, own);
    await this.runs.succeed(made, this.backups.canVerify);
    await this.record('backup.created', id, { sequence: made.sequence, size: made.size });
    this.logger.log({ backup: id, sequence: made.sequence, size: made.size }, 'a backup was made');
  }

  /** @param unlisted what it means that the target does not list it */
  private async prove(
    id: string,
    signal: AbortSignal,
    onProgress: OnProgress,
    unlisted: BackupErrorCode = 'backup_not_whole',
  ): Promise<void> {
    const { target } = this.backups;
    const { entries, faults } = await this.stock.take();
    const entry = entries.find(({ manifest }) => manifest.id === id);
    if (!entry) {
      const fault = faults.find((each) => each.id === id)?.error ?? new BackupError(unlisted);
      await this.runs.notVerified(id, fault.code);
      throw fault;
    }
    try {
      const started = new Date();
      const seconds = await this.backups.verify(entry.manifest, { signal, onProgress });
      const receipt = { at: started.toISOString(), opened_by: entry.manifest.recipients, seconds };
      await noteVerified(target, entry, receipt);
      await this.runs.verified(id, seconds, null);
      await this.runs.store(id, entry.trashed ? 'trash' : 'present');
      await this.record('backup.verified', id, { seconds: Math.round(seconds) });
      this.logger.log({ backup: id, seconds }, 'the backup was verified by restoring it');
    } catch (error) {
      const fault = toBackupError(error);
      if (fault.code === 'backup_cancelled') throw fault;
      this.logger.error({ backup: id, code: fault.code, reason: fault.reason }, 'the backup could not be verified');
      await this.notProved(entry.manifest, fault);
      throw fault;
    }
  }

  /** Remembers what a verification found. That this fails, as the database may be what is away, is not what it found. */
  private async notProved(manifest: CatalogEntry['manifest'], fault: BackupError): Promise<void> {
    try {
      if (fault.isDamage) await this.damaged(manifest, fault);
      else await this.runs.notVerified(manifest.id, fault.code);
    } catch (error) {
      this.logger.error({ backup: manifest.id, code: toBackupError(error).code }, 'what was found cannot be recorded');
    }
  }

  private async damaged(manifest: CatalogEntry['manifest'], { code, reason }: BackupError): Promise<void> {
    await noteDamaged(this.backups.target, manifest, code).catch(() => undefined);
    await this.runs.store(manifest.id, code === 'backup_archive_missing' ? 'missing' : 'damaged');
    await this.runs.notVerified(manifest.id, code);
    await this.record('backup.damaged', manifest.id, { fault: code }, 'refused');
    this.logger.error({ backup: manifest.id, code, reason }, 'a stored backup is damaged');
  }

  private async deleteOld(): Promise<void> {
    const { target } = this.backups;
    const { keepDaily: daily, keepWeekly: weekly, keepMonthly: monthly, keepDays: days } = this.config;
    try {
      const catalog = await this.stock.take();
      const missing = (await this.runs.known()).filter(({ stored }) => stored === 'missing').length;
      const { trashed, purged, fault } = await retain(target, catalog, { daily, weekly, monthly, days }, missing);
      for (const { manifest } of trashed) await this.runs.store(manifest.id, 'trash');
      for (const { manifest } of purged) await this.runs.store(manifest.id, 'deleted');
      if (trashed.length + purged.length > 0)
        await this.record('backup.deleted', null, { trashed: trashed.length, purged: purged.length });
      if (fault) throw fault;
    } catch (error) {
      // The backup is made; that less is deleted than should be is safe, and has to be looked at.
      const { code, reason } = toBackupError(error);
      await this.record('backup.retention', null, { fault: code }, 'refused');
      const isMeant = code === 'backup_target_keeps';
      this.logger[isMeant ? 'warn' : 'error']({ code, reason }, 'not all old backups were deleted');
    }
  }

  /** Runs the work of a job: what is wrong is remembered by its code, and tried again. */
  private async asJob(id: string, work: () => Promise<void>): Promise<void> {
    if (!(await this.runs.find(id))) return;
    try {
      await work();
    } catch (error) {
      const fault = toBackupError(error);
      if (fault.code === 'backup_running') throw new Postponed(ASK_AGAIN);
      if (fault.cause instanceof RunEnded && fault.cause.outcome === 'given_back') {
        await this.runs.giveBack(id);
        throw fault.cause;
      }
      await this.failed(id, fault);
      throw fault;
    }
  }

  /** Says that a run has failed: also when the database is away, which then learns of it from the next run. */
  private async failed(id: string, { code, reason }: BackupError): Promise<void> {
    this.logger.error({ backup: id, code, reason }, 'the backup failed');
    try {
      await this.runs.fail(id, code);
      await this.record('backup.failed', id, { fault: code }, 'refused');
    } catch (error) {
      this.logger.error({ backup: id, code: toBackupError(error).code }, 'that the backup failed cannot be recorded');
    }
  }

  private noting(id: string, onProgress: OnProgress): OnProgress {
    let phase: Phase | undefined;
    let notedAt = 0;
    return (now, done, total) => {
      onProgress(now, done, total);
      if (now === phase && performance.now() - notedAt < NOTE_EVERY) return;
      [phase, notedAt] = [now, performance.now()];
      this.runs.progress(id, now, done, total).catch(() => undefined); // only for those who look
    };
  }

  private record(
    action: string,
    id: string | null,
    details: Readonly<Record<string, string | number>>,
    outcome: 'success' | 'refused' = 'success',
  ): Promise<void> {
    const about = id === null ? {} : { targetType: 'backup', targetId: id };
    return this.runner.runAsIdentity((tx) => this.trail.record(tx, { action, outcome, details, ...about }));
  }
}
