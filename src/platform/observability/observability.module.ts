import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { poolOf } from '../database/index.js';
import { MetricsAccess } from './metrics-access.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { NestLogger, nestLoggerParams } from './nest-logger.js';
import { measurePool } from './pool-metrics.js';
import { countSpans } from './trace-metrics.js';
import { endTracing } from './tracing.js';

/** Logs and metrics. */
@Global()
@Module({})
export class ObservabilityModule implements OnApplicationShutdown {
  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(Metrics) metrics: Metrics) {
    countSpans(metrics);
    measurePool(metrics, poolOf(dataSource));
  }

  static forRoot(logger: Logger): DynamicModule {
    return {
      module: ObservabilityModule,
      imports: [LoggerModule.forRoot(nestLoggerParams(logger))],
      controllers: [MetricsController],
      providers: [Metrics, MetricsAccess, NestLogger],
      exports: [Metrics, MetricsAccess],
    };
  }

  /** By now the last request has been answered. */
  onApplicationShutdown(): Promise<void> {
    return endTracing();
  }
}
