export { addressKey } from './address-key.js';
export { Limit, LIMIT_POLICIES, NoLimit, type LimitPolicy } from './limit-policy.js';
export type { Bucket } from './limit-store.js';
export { Limits } from './limits.js';
export { QuotaStore } from './quota-store.js';
export { LimitsModule } from './limits.module.js';
