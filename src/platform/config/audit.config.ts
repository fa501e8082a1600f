import { EnvInteger } from './env.decorators.js';

/** The audit log. */
export class AuditConfig {
  @EnvInteger('AUDIT_RETENTION_DAYS', {
    description: 'How long events of the audit log are kept. The database erases none younger than 365 days.',
    unit: 'days',
    min: 365,
    max: 36_500,
  })
  retentionDays = 365;
}
