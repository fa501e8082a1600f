import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { poolOf } from '../database/index.js';
import { MetricsAccess } from './metrics-access.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { NestLogger, nestLoggerParams } from './nest-logger.js';
import { countSpans } from './trace-metrics.js';
import { endTracing } from './tracing.js';

/** Logs and metrics. */
@Global()
@Module({})
export class ObservabilityModule implements OnApplicationShutdown {
  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(Metrics) metrics: Metrics) {
    countSpans(metrics);
    const pool = poolOf(dataSource);
    metrics.gauge(
      'db_pool_connections',
      'Connections to the database by state',
      (gauge) => {
        const { size, in_use, idle } = pool.counts();
        gauge.set({ state: 'max' }, size);
        gauge.set({ state: 'in_use' }, in_use);
        gauge.set({ state: 'idle' }, idle);
      },
      ['state'],
    );
    metrics.gauge('db_pool_waiting', 'Callers that wait for a connection', (gauge) => {
      gauge.set(pool.counts().waiting);
    });
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
