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
import { SessionsRepository } from './sessions.repository.js';

const ROUND = 500;

/** Sessions, as the person has them and as they go. Passwords and tokens are in no copy. */
@Injectable()
export class SessionData implements PersonalData, OnModuleInit {
  readonly stage = 'access';

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: PrivacyRegistry,
    private readonly sessions: SessionsRepository,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  sections({ userId }: Person): readonly Section[] {
    return [{ name: 'sessions', title: { en: 'Your sign-ins', es: 'Sus sesiones' }, rows: () => this.rows(userId) }];
  }

  async erase({ userId }: Person, receipt: Receipt): Promise<void> {
    await this.runner.runAsIdentity(async (tx) => {
      await receipt.add(tx, 'sessions', await this.sessions.deleteAll(tx, userId));
    });
  }

  private rows(userId: string): AsyncIterable<Row> {
    return inRounds<Row & { id: string }>((last) =>
      this.runner.runAsIdentity((tx) => this.sessions.copy(tx, userId, last?.id ?? null, ROUND)),
    );
  }
}
