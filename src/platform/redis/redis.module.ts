import { Global, Injectable, Logger, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { RedisConfig } from '../config/index.js';

/** The connection to Redis, where there is one. Reconnects by itself; commands never wait longer than `REDIS_TIMEOUT`. */
@Injectable()
export class RedisConnection implements OnModuleInit, OnApplicationShutdown {
  readonly client: Redis | undefined;

  constructor({ url, timeout }: RedisConfig) {
    if (url === undefined) return;
    this.client = new Redis(url, {
      commandTimeout: timeout,
      connectTimeout: 5000,
      // Not while modules are made: a start that fails there would leave the connection open.
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 200, 3000),
      connectionName: 'family-assistant',
    });
    // Said once per loss, not once per attempt; health and requests tell the rest.
    let isKnown = false;
    this.client.on('error', (error: Error) => {
      if (!isKnown) new Logger('Redis').warn({ reason: error.message }, 'Redis is away');
      isKnown = true;
    });
    this.client.on('ready', () => {
      if (isKnown) new Logger('Redis').log('Redis is back');
      isKnown = false;
    });
  }

  onModuleInit(): void {
    // A Redis that is away is told of by the 'error' event, and tried again.
    this.client?.connect().catch(() => undefined);
  }

  get isReady(): boolean {
    return this.client?.status === 'ready';
  }

  async ping(): Promise<void> {
    await this.client?.ping();
  }

  onApplicationShutdown(): void {
    this.client?.disconnect();
  }
}

@Global()
@Module({ providers: [RedisConnection], exports: [RedisConnection] })
export class RedisModule {}
