import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/index.js';
import {
  inRounds,
  PrivacyRegistry,
  type PersonalData,
  type Person,
  type Receipt,
  type Row,
  type Section,
} from '../../platform/privacy/index.js';
import { AuditRepository, type AuditRow } from './audit.repository.js';
import { toAuditEventResponse } from './dto/audit.response.js';

const ROUND = 500;

/** What the audit log knows of a person. That something happened stays until its time; from where is forgotten. */
@Injectable()
export class AuditData implements PersonalData, OnModuleInit {
  readonly stage = 'traces';

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: PrivacyRegistry,
    private readonly events: AuditRepository,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  sections({ userId }: Person): readonly Section[] {
    const title = { en: 'What you did, and who saw your data', es: 'Lo que hizo, y quién vio sus datos' };
    return [{ name: 'audit', title, rows: () => this.rows(userId) }];
  }

  async erase({ userId }: Person, receipt: Receipt): Promise<void> {
    await this.runner.runAsIdentity(async (tx) => {
      await receipt.add(tx, 'audit_addresses', await this.events.forget(tx, userId));
    });
  }

  private async *rows(userId: string): AsyncGenerator<Row> {
    const events = inRounds<AuditRow>((last) =>
      this.runner.runAsIdentity((tx) =>
        this.events.pageOf(tx, userId, {}, ROUND, last && { at: last.sort_key, id: last.id }),
      ),
    );
    for await (const event of events) yield { ...toAuditEventResponse(event) };
  }
}
