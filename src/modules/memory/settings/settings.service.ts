import { Injectable } from '@nestjs/common';
import { TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { familyOf } from '../../family/index.js';
import { toSettingsResponse, type MemorySettingsResponse, type UpdateMemorySettingsRequest } from '../dto/settings.js';
import { SettingsRepository, type MemorySettings } from './settings.repository.js';

/** Days that turns are kept unless a family decides otherwise. */
export const TURN_RETENTION_DAYS = 90;

/** What a family has decided about its memory. */
@Injectable()
export class SettingsService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly settings: SettingsRepository,
  ) {}

  get(principal: Principal): Promise<MemorySettingsResponse> {
    const familyId = familyOf(principal);
    return this.runner.run(principal, async (tx) => toSettingsResponse(await this.of(tx, familyId)));
  }

  update(principal: Principal, changes: UpdateMemorySettingsRequest): Promise<MemorySettingsResponse> {
    const familyId = familyOf(principal);
    return this.runner.run(principal, async (tx) => {
      const before = await this.of(tx, familyId);
      const { extract = before.extract, turn_retention_days: turnRetentionDays = before.turnRetentionDays } = changes;
      await this.settings.save(tx, familyId, { extract, turnRetentionDays });
      return toSettingsResponse({ extract, turnRetentionDays });
    });
  }

  async of(tx: Transaction, familyId: string): Promise<MemorySettings> {
    return (await this.settings.find(tx, familyId)) ?? { extract: true, turnRetentionDays: TURN_RETENTION_DAYS };
  }
}
