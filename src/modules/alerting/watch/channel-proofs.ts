import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AlertingConfig, DatabaseConfig } from '../../../platform/config/index.js';
import { isDatabaseUnavailable, TransactionRunner } from '../../../platform/database/index.js';
import { DeliveryService } from '../delivery/index.js';
import { ChannelsRepository } from '../history/channels.repository.js';
import { Rounds } from '../rounds.js';

/** Milliseconds between two looks. */
const LOOK_EVERY = 60_000;

/** Tells delivery what channels have taken from other processes: the canary of a day is sent by one of them for all. */
@Injectable()
export class ChannelProofs implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Alerting');
  private readonly rounds = new Rounds(LOOK_EVERY, () => this.look());

  constructor(
    private readonly runner: TransactionRunner,
    private readonly rows: ChannelsRepository,
    private readonly delivery: DeliveryService,
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

  /** Asks the database; without it, what was known stays. */
  async look(): Promise<void> {
    try {
      const ages = await this.runner.runAsIdentity((tx) => this.rows.ages(tx));
      for (const channel of this.alerting.channels) {
        const age = ages.get(channel);
        if (age !== undefined) this.delivery.proved(channel, Math.max(0, age * 1000));
      }
    } catch (error) {
      if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'the proofs of channels cannot be read');
    }
  }
}
