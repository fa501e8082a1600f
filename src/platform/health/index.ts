export { HealthModule } from './health.module.js';
export { HealthRegistry, type Finding, type HealthIndicator } from './health.registry.js';
export { toPoolResponse } from './health.response.js';
export { HealthService } from './health.service.js';
