export { AuditTrail } from './audit-trail.js';
export { AuditTrailModule } from './audit-trail.module.js';
export { by, type AuditDetails, type AuditEvent } from './audit-event.js';
