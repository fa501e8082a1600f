export { ComponentMetrics } from './component-metrics.js';
export { HealthModule } from './health.module.js';
export { HealthRegistry, type Finding, type HealthIndicator } from './health.registry.js';
export { toPoolResponse } from './health.response.js';
export { HealthService, type HealthReport, type HealthStatus } from './health.service.js';
