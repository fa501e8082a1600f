import { EnvInteger } from './env.decorators.js';

/** Copies and erasure of personal data. */
export class PrivacyConfig {
  @EnvInteger('ERASURE_GRACE_DAYS', {
    description: 'Time between closing an account and erasing it, in which signing in takes it back.',
    unit: 'days',
    min: 0,
    max: 30,
  })
  erasureGraceDays = 7;

  @EnvInteger('EXPORT_TTL_HOURS', {
    description: 'How long a copy of personal data can be fetched before it is deleted.',
    unit: 'hours',
    min: 1,
    max: 168,
  })
  exportTtlHours = 24;

  @EnvInteger('BACKUP_KEPT_DAYS', {
    description:
      'How long backups of this server are kept at most: receipts of erasures say that data is in them until then. At least as long as `BACKUP_KEEP_MONTHLY` and its sisters keep them.',
    unit: 'days',
    min: 0,
    max: 3650,
  })
  backupKeptDays = 400;
}
