import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ComponentMetrics } from './component-metrics.js';
import { HealthController } from './health.controller.js';
import { HealthRegistry } from './health.registry.js';
import { HealthService } from './health.service.js';
import { PlatformIndicators } from './platform-indicators.js';

@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [ComponentMetrics, HealthRegistry, HealthService, PlatformIndicators],
  exports: [ComponentMetrics, HealthRegistry, HealthService],
})
export class HealthModule {}
