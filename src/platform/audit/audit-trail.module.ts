import { Global, Module } from '@nestjs/common';
import { AuditTrail } from './audit-trail.js';

/** Writing to the audit log, for every module. Reading it is the feature `modules/audit`. */
@Global()
@Module({ providers: [AuditTrail], exports: [AuditTrail] })
export class AuditTrailModule {}
