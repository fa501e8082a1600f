import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/index.js';
import { defineSchedule, JobRegistry } from '../../platform/jobs/index.js';
import { SessionsRepository } from './sessions.repository.js';

/** Sessions that are deleted at once. */
const ROUND = 1000;

/** Forgets sessions, with their addresses and devices, 90 days after their end. */
@Injectable()
export class SessionRetentionService implements OnModuleInit {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: JobRegistry,
    private readonly sessions: SessionsRepository,
  ) {}

  onModuleInit(): void {
    this.registry.registerSchedule(
      defineSchedule({ id: 'auth.sessions', cron: '53 4 * * *', execute: ({ signal }) => this.expire(signal) }),
    );
  }

  private async expire(signal: AbortSignal): Promise<void> {
    for (let deleted = ROUND; deleted === ROUND;) {
      signal.throwIfAborted();
      deleted = await this.runner.runAsIdentity((tx) => this.sessions.deleteEnded(tx, ROUND));
    }
  }
}
