export { ComponentMetrics } from './component-metrics.js';
export { HealthModule } from './health.module.js';
export { HealthRegistry, type Finding, type HealthIndicator } from './health.registry.js';
export { HealthService } from './health.service.js';
