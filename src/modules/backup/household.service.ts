import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { BackupConfig, DatabaseConfig, ServerConfig } from '../../platform/config/index.js';
import { EMBEDDED_DATABASE, type EmbeddedDatabase } from '../../platform/database/index.js';
import { ProbeRegistry } from '../../platform/probes/index.js';
import { readIdentities } from './archive/archive.js';
import { BackupError, toBackupError } from './backup.errors.js';
import { createBackup, type BackupOrder, type MadeBackup } from './create-backup.js';
import { sweepWork } from './embedded/work-folder.js';
import { exclusively, underFileLock, type Household } from './exclusive.js';
import type { Manifest } from './manifest.js';
import type { WorkContext } from './progress.js';
import { openTarget } from './targets/open-target.js';
import type { Target } from './targets/target.js';
import { verifyBackup } from './verify-backup.js';

/** The backups of this server: its settings, its target, its key, and one work at a time. */
@Injectable()
export class HouseholdBackups implements OnModuleInit {
  readonly target: Target;
  private readonly household: Household;

  constructor(
    private readonly config: BackupConfig,
    database: DatabaseConfig,
    private readonly server: ServerConfig,
    @Inject(EMBEDDED_DATABASE) private readonly live: EmbeddedDatabase | null,
    private readonly probes: ProbeRegistry,
  ) {
    const { dataDir } = server;
    this.target = openTarget(config, dataDir);
    this.household = { config, database, dataDir };
  }

  async onModuleInit(): Promise<void> {
    const { dataDir, isProduction } = this.server;
    if (this.isEnabled && isProduction && this.config.isBeside(dataDir))
      new Logger('Backup').warn('backups are kept in DATA_DIR: who loses that disk loses them, too; set BACKUP_FOLDER');
    // Where another process is at work, or it cannot be deleted, the next work does it.
    if (this.live) await underFileLock(dataDir, () => sweepWork(dataDir)).catch(() => undefined);
  }

  /** Whether backups are made at all. */
  get isEnabled(): boolean {
    return this.config.isEnabled;
  }

  /** Whether the server has a key to open its backups. */
  get canVerify(): boolean {
    return this.config.identityFile !== undefined;
  }

  /** What this server watches over, its own backups or those of another process: `maxAge` in milliseconds. */
  get watched(): { readonly isEnabled: boolean; readonly canVerify: boolean; readonly maxAge: number } {
    const { isEnabled, elsewhere, maxAge } = this.config;
    return {
      isEnabled: isEnabled || elsewhere !== 'off',
      canVerify: isEnabled ? this.canVerify : elsewhere === 'verified',
      maxAge: maxAge * 3_600_000,
    };
  }

  /** @throws BackupError `backup_running`, or what the work fails of */
  async alone<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await exclusively(this.household, signal, work);
    } catch (error) {
      throw toBackupError(error);
    }
  }

  create(order: Pick<BackupOrder, 'id' | 'known'>, context: WorkContext): Promise<MadeBackup> {
    const { household, live, target } = this;
    return createBackup({ ...order, household, live, target, probes: this.probes.list() }, context);
  }

  /** @returns seconds that the drill took; @throws BackupError `backup_no_identity`, or what is wrong with the backup */
  async verify(manifest: Manifest, context: WorkContext): Promise<number> {
    const { household, target } = this;
    const identities = await this.identities();
    return verifyBackup({ household, target, manifest, identities, probes: this.probes.list() }, context);
  }

  private identities(): Promise<readonly string[]> {
    const { identityFile } = this.config;
    if (identityFile === undefined) throw new BackupError('backup_no_identity');
    return readIdentities(identityFile);
  }
}
