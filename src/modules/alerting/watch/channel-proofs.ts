import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AlertingConfig, DatabaseConfig } from '../../../platform/config/index.js';
import { isDatabaseUnavailable, TransactionRunner } from '../../../platform/database/index.js';
import type { DeliveryStatus } from '../delivery/index.js';
import { ChannelsRepository } from '../history/channels.repository.js';
import { Rounds } from '../rounds.js';

/** Milliseconds between two looks at what other processes have delivered. */
const LOOK_EVERY = 60_000;

/** When a channel last took something, from whichever process: the canary of a day is sent by one of them. */
@Injectable()
export class ChannelProofs implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Alerting');
  private readonly rounds = new Rounds(LOOK_EVERY, () => this.look());
  /** When channels took something, by `performance.now()`. */
  private shared: ReadonlyMap<string, number> = new Map();

  constructor(
    private readonly runner: TransactionRunner,
    private readonly rows: ChannelsRepository,
    private readonly database: DatabaseConfig,
    private readonly alerting: AlertingConfig,
  ) {}

  onApplicationBootstrap(): void {
    // Nobody but this process has the embedded database.
    if (this.alerting.isEnabled && !this.database.isEmbedded) this.rounds.begin(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.end();
  }

  /** Seconds since any of the channels took something; undefined where none ever did. */
  age({ channels }: DeliveryStatus): number | undefined {
    const own = channels.flatMap(({ verifiedAt }) => (verifiedAt === undefined ? [] : [Date.now() - verifiedAt]));
    const others = channels.flatMap(({ channel }) => {
      const at = this.shared.get(channel);
      return at === undefined ? [] : [performance.now() - at];
    });
    const ages = [...own, ...others];
    return ages.length === 0 ? undefined : Math.max(0, Math.min(...ages)) / 1000;
  }

  /** Asks the database what others have delivered; without it, what was known stays. */
  async look(): Promise<void> {
    try {
      const ages = await this.runner.runAsIdentity((tx) => this.rows.ages(tx));
      this.shared = new Map([...ages].map(([channel, age]) => [channel, performance.now() - age * 1000]));
    } catch (error) {
      if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'the proofs of channels cannot be read');
    }
  }
}
