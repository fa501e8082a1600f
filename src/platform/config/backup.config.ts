import { isAbsolute, join, relative } from 'node:path';
import { EnvBoolean, EnvChoice, EnvInteger, EnvList, EnvSecret, EnvText, EnvUrl } from './env.decorators.js';
import { isPlan, NO_PLAN } from './plan.js';
import type { DatabaseConfig } from './database.config.js';
import type { PrivacyConfig } from './privacy.config.js';

/** A public key of age: X25519 or post-quantum hybrid (https://age-encryption.org/v1). */
const RECIPIENT = /^age1(pq1)?[0-9a-z]{50,2000}$/;
const LONGEST_MONTH = 31;

function hasUserInfo(url: string): boolean {
  if (!URL.canParse(url)) return false; // which is said of it already
  const { username, password } = new URL(url);
  return `${username}${password}` !== '';
}

/** Backups: for whom they are encrypted, where they are stored, how long they are kept. */
export class BackupConfig {
  @EnvList('BACKUP_RECIPIENTS', {
    description:
      'Public keys of age for which backups are encrypted, separated by commas; any one of their private keys opens a backup. Made by `npm run cli -- backup keygen`. Without any, no backups are made.',
    each: RECIPIENT,
    says: 'each must be a public key of age, which begins with age1: `npm run cli -- backup keygen` makes one',
  })
  recipients: string[] = [];

  @EnvText('BACKUP_IDENTITY_FILE', {
    description:
      'File with a private key of age that opens the backups, readable by its owner alone: with it every backup is verified by restoring it. Use another key than the one for emergencies.',
    optional: true,
    example: '/run/secrets/backup-verification.key',
  })
  identityFile?: string;

  @EnvText('BACKUP_SCHEDULE', {
    description: 'When backups are made: minute, hour, day of month, month, day of week, in UTC.',
    pattern: /^(\S+\s+){4}\S+$/,
  })
  schedule = '17 3 * * *';

  @EnvChoice('BACKUP_ELSEWHERE', {
    description:
      'What another process does for this database, such as a CronJob: it makes backups (`made`), and restores and compares each (`verified`). A server without `BACKUP_RECIPIENTS` then watches over them: health, status and alerts.',
    choices: ['off', 'made', 'verified'],
  })
  elsewhere: 'off' | 'made' | 'verified' = 'off';

  @EnvInteger('BACKUP_MAX_AGE', {
    description: 'Age of the newest backup above which health says `degraded`.',
    unit: 'hours',
    min: 1,
    max: 8760,
  })
  maxAge = 26;

  @EnvText('BACKUP_FOLDER', {
    description: 'Folder in which backups are stored: best on another disk. Default: `backups` in DATA_DIR.',
    optional: true,
    example: '/mnt/backup/family-assistant',
  })
  folder?: string;

  @EnvText('BACKUP_S3_BUCKET', {
    description: 'Bucket of an S3-compatible store in which backups are stored instead of a folder.',
    optional: true,
    pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    example: 'family-backups',
  })
  s3Bucket?: string;

  @EnvUrl('BACKUP_S3_ENDPOINT', {
    description: 'Address of the store. Default: that of Amazon for the region.',
    optional: true,
    protocols: ['https:', 'http:'],
    example: 'https://s3.example.org',
  })
  s3Endpoint?: string;

  @EnvText('BACKUP_S3_REGION', { description: 'Region of the store; many take any.' })
  s3Region = 'us-east-1';

  @EnvText('BACKUP_S3_PREFIX', {
    description: 'Beginning of the names in the bucket.',
    pattern: /^([\w.-]+\/)*$/,
    optional: true,
    example: 'home/',
  })
  s3Prefix?: string;

  @EnvBoolean('BACKUP_S3_PATH_STYLE', {
    description: 'Whether the bucket is part of the path rather than of the host, as most stores but Amazon want it.',
  })
  s3PathStyle = true;

  @EnvText('BACKUP_S3_ACCESS_KEY_ID', { description: 'Access key of the store.', optional: true })
  s3AccessKeyId?: string;

  @EnvSecret('BACKUP_S3_SECRET_ACCESS_KEY', { description: 'Its secret.', optional: true })
  s3SecretAccessKey?: string;

  @EnvInteger('BACKUP_S3_SILENCE', {
    description: 'How long the store may let a request wait without a byte before it counts as away.',
    unit: 'seconds',
    min: 1,
    max: 600,
  })
  s3Silence = 60;

  @EnvUrl('BACKUP_DATABASE_URL', {
    description:
      'PostgreSQL, signed in as one who reads everything past row-level security (`BYPASSRLS`, member of `pg_read_all_data`; for `backup receive-wal` also `REPLICATION` and `pg_read_all_stats`). Default: `DATABASE_OWNER_URL`, which does only where it may.',
    optional: true,
    protocols: ['postgres:', 'postgresql:'],
    example: 'postgresql://family_backup:password@127.0.0.1:5432/family',
  })
  databaseUrl?: string;

  @EnvText('BACKUP_PG_BIN', {
    description:
      'Folder of `pg_dump`, `pg_restore`, `pg_basebackup` and `pg_receivewal`, at least as new as the server. Default: the best of those that are installed.',
    optional: true,
    example: '/usr/lib/postgresql/17/bin',
  })
  pgBin?: string;

  @EnvInteger('BACKUP_KEEP_DAILY', { description: 'Newest backups of a day that are kept.', min: 1, max: 1000 })
  keepDaily = 7;

  @EnvInteger('BACKUP_KEEP_WEEKLY', { description: 'Newest backups of a week that are kept.', min: 0, max: 1000 })
  keepWeekly = 5;

  @EnvInteger('BACKUP_KEEP_MONTHLY', { description: 'Newest backups of a month that are kept.', min: 0, max: 1000 })
  keepMonthly = 12;

  @EnvInteger('BACKUP_KEEP_DAYS', {
    description: 'Every backup is kept at least so long.',
    unit: 'days',
    min: 1,
    max: 3650,
  })
  keepDays = 30;

  @EnvInteger('BACKUP_WAL_INTERVAL', {
    description:
      'How often `backup receive-wal` stores what PostgreSQL has written since: what is younger is lost when the machine goes. With a store that is paid by the request, choose more.',
    unit: 'seconds',
    min: 1,
    max: 300,
  })
  walInterval = 1;

  @EnvInteger('BACKUP_BASE_DAYS', {
    description: 'How often `backup receive-wal` makes a base backup: a recovery replays the log since then.',
    unit: 'days',
    min: 1,
    max: 90,
  })
  baseDays = 7;

  @EnvInteger('BACKUP_KEEP_BASES', {
    description: 'Base backups that are kept, and the log since the oldest of them: any time since can be reached.',
    min: 2,
    max: 100,
  })
  keepBases = 3;

  /** Whether backups are made at all. */
  get isEnabled(): boolean {
    return this.recipients.length > 0;
  }

  /** Days until the last trace of a backup is gone, as long as one is made each day: the longest rule, and the trash. */
  get longestDays(): number {
    const ofBases = this.baseDays * (this.keepBases + 1);
    return Math.max(this.keepDays, 7 * this.keepWeekly, LONGEST_MONTH * this.keepMonthly, ofBases) + 7;
  }

  /** What the settings of backups have to do with each other, and with others: `[variable, message]`. */
  problems({ isEmbedded }: DatabaseConfig, { backupKeptDays }: PrivacyConfig): [string, string][] {
    const found: [string, string][] = [];
    if (!isPlan(this.schedule)) found.push(['BACKUP_SCHEDULE', NO_PLAN]);
    if (this.databaseUrl && isEmbedded) found.push(['BACKUP_DATABASE_URL', 'needs DATABASE_URL beside it']);
    if ((this.s3AccessKeyId === undefined) !== (this.s3SecretAccessKey === undefined))
      found.push(['BACKUP_S3_SECRET_ACCESS_KEY', 'and BACKUP_S3_ACCESS_KEY_ID are set together, or neither is']);
    if (this.s3Bucket && !this.s3AccessKeyId)
      found.push(['BACKUP_S3_ACCESS_KEY_ID', 'is required with BACKUP_S3_BUCKET']);
    if (this.s3Endpoint && hasUserInfo(this.s3Endpoint))
      found.push([
        'BACKUP_S3_ENDPOINT',
        'must hold no name or password, for it is shown: use BACKUP_S3_ACCESS_KEY_ID and BACKUP_S3_SECRET_ACCESS_KEY',
      ]);
    if (this.s3Bucket && this.folder) found.push(['BACKUP_FOLDER', 'is set, and BACKUP_S3_BUCKET as well: use one']);
    if (this.identityFile && !this.isEnabled) found.push(['BACKUP_IDENTITY_FILE', 'needs BACKUP_RECIPIENTS beside it']);
    if (this.isEnabled && backupKeptDays < this.longestDays)
      found.push([
        'BACKUP_KEPT_DAYS',
        `must be at least ${String(this.longestDays)}: so long backups are kept by BACKUP_KEEP_DAILY and its sisters`,
      ]);
    return found;
  }

  /** The folder of the backups, where they are not in a bucket. */
  folderIn(dataDir: string): string {
    const { folder } = this;
    if (folder === undefined) return join(dataDir, 'backups');
    return isAbsolute(folder) ? folder : join(process.cwd(), folder);
  }

  /** Whether the backups are in the very folder, and so on the disk, against whose loss they are made. */
  isBeside(dataDir: string): boolean {
    return this.s3Bucket === undefined && !/^\.\.(\/|$)/.test(relative(dataDir, this.folderIn(dataDir)));
  }
}
