export { CacheModule } from './cache.module.js';
export { type Loaded, type Slot, TieredCache } from './tiered-cache.js';
