import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner } from '../../../platform/database/index.js';
import { defineSchedule, JobRegistry } from '../../../platform/jobs/index.js';
import { FamilyService } from '../../family/index.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import { RetentionRepository } from './retention.repository.js';
import { SettingsService } from '../settings/settings.service.js';

/** Days for which the keys of repeated requests are known. */
const KEY_DAYS = 7;
/** Days after which what somebody kept private is erased who has left the family. */
const DEPARTED_DAYS = 30;
const ROUND = 1000;

/** Erases what its time has come for: old turns, old keys, and the private memories of those who have left. */
@Injectable()
export class RetentionService implements OnModuleInit {
  private readonly logger = new Logger(RetentionService.name);

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: JobRegistry,
    private readonly families: FamilyService,
    private readonly settings: SettingsService,
    private readonly retention: RetentionRepository,
    private readonly memories: MemoriesRepository,
  ) {}

  onModuleInit(): void {
    this.registry.registerSchedule(
      defineSchedule({
        id: 'memory.retention',
        cron: '17 3 * * *',
        timeout: 3_600_000,
        execute: ({ signal }) => this.run(signal),
      }),
    );
  }

  /** One run over all families; each is done by itself, so that one that fails keeps no other. */
  async run(signal?: AbortSignal): Promise<void> {
    for (const familyId of await this.families.allIds()) {
      signal?.throwIfAborted();
      const erased = await this.clean(familyId);
      if (erased > 0) this.logger.log({ family_id: familyId, erased }, 'erased what is past its retention');
    }
  }

  private async clean(familyId: string): Promise<number> {
    let total = 0;
    for (;;) {
      const erased = await this.runner.runAsWorker(familyId, async (tx) => {
        const { turnRetentionDays } = await this.settings.of(tx, familyId);
        const turns =
          turnRetentionDays === null ? 0 : await this.retention.eraseTurns(tx, familyId, turnRetentionDays, ROUND);
        const departed = await this.retention.eraseDeparted(tx, familyId, DEPARTED_DAYS, ROUND);
        await this.retention.eraseKeys(tx, familyId, KEY_DAYS);
        if (turns + departed > 0) await this.memories.changed(tx, familyId);
        return turns + departed;
      });
      total += erased;
      if (erased < ROUND) return total;
    }
  }
}
