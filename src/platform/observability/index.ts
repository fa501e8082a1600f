export { createLogger, describeError } from './logger.js';
export { failSpan, inSpan, isTracing } from './in-span.js';
export { MetricsAccess } from './metrics-access.js';
export { startManagement } from './management.js';
export { Metrics, type CacheCounters } from './metrics.js';
export { NestLogger, nestLoggerParams } from './nest-logger.js';
export { ObservabilityModule } from './observability.module.js';
export { observeRequests } from './request-log.js';
export { Traced } from './traced.js';
