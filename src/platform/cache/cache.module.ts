import { Global, Module } from '@nestjs/common';
import { SharedCache } from './shared-cache.js';
import { TieredCache } from './tiered-cache.js';

/** What was computed, kept for as long as it is true: in the process, and in Redis where there is one. */
@Global()
@Module({ providers: [SharedCache, TieredCache], exports: [TieredCache] })
export class CacheModule {}
