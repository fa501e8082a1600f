import { Global, Module } from '@nestjs/common';
import { DailyQuota } from './daily-quota.js';
import { Limits } from './limits.js';
import { QuotaStore } from './quota-store.js';

@Global()
@Module({ providers: [Limits, DailyQuota, QuotaStore], exports: [Limits, DailyQuota, QuotaStore] })
export class LimitsModule {}
