import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DatabaseConfig, ObservabilityConfig, ServerConfig } from '../config/index.js';
import { poolOf } from '../database/index.js';
import { RedisConnection } from '../redis/redis.module.js';
import { statDataDisk } from './data-disk.js';
import { HealthRegistry, type Finding } from './health.registry.js';

const MIB = 1024 * 1024;
/** Longest wait for the database while its connections go from hand to hand, in milliseconds; less than the limit of an indicator. */
const PATIENCE = 1500;

/** The indicators of the platform itself: database, vector extension, Redis, disk, memory. */
@Injectable()
export class PlatformIndicators implements OnModuleInit {
  constructor(
    private readonly registry: HealthRegistry,
    @Inject(DataSource) private readonly dataSource: DataSource,
    private readonly redis: RedisConnection,
    private readonly server: ServerConfig,
    private readonly database: DatabaseConfig,
    private readonly observability: ObservabilityConfig,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'database', check: () => this.askDatabase() });
    if (this.redis.client) this.registry.register({ name: 'redis', isOptional: true, check: () => this.askRedis() });
    this.registry.register({ name: 'disk', check: () => this.askDisk() });
    this.registry.register({ name: 'memory', isOptional: true, check: () => this.askMemory() });
  }

  /** A server whose callers wait in turn is slow, not away: were all servers not ready at once, nobody would be served. */
  private async askDatabase(): Promise<Finding> {
    const started = performance.now();
    const pool = poolOf(this.dataSource);
    const asked = this.dataSource.query('SELECT 1').then(() => true);
    const isAnswered = await Promise.race([asked, sleep(PATIENCE, false, { ref: false })]);
    if (!isAnswered && !(pool.counts().waiting > 0 && pool.waits.hasMovedWithin(PATIENCE))) await asked;
    else asked.catch(() => undefined);
    return {
      isUp: true,
      details: {
        kind: this.database.isEmbedded ? 'embedded' : 'postgresql',
        latency_ms: Math.round(performance.now() - started),
        pool: pool.counts(),
      },
    };
  }

  private async askRedis(): Promise<Finding> {
    await this.redis.ping();
    return { isUp: true };
  }

  private async askDisk(): Promise<Finding> {
    const { bavail, bsize } = await statDataDisk(this.server.dataDir);
    const free = Math.floor((bavail * bsize) / MIB);
    return { isUp: free >= this.observability.diskMinimum, details: { free_mib: free } };
  }

  private askMemory(): Finding {
    const used = Math.floor(process.memoryUsage.rss() / MIB);
    return { isUp: used <= this.observability.memoryMaximum, details: { resident_mib: used } };
  }
}
