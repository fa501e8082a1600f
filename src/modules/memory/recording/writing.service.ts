import { Injectable } from '@nestjs/common';
import {
  ATTEMPTS,
  isUniqueViolation,
  repeat,
  type Transaction,
  TransactionRunner,
} from '../../../platform/database/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { ChangedMeanwhile, MemoryError } from '../memory.errors.js';

/** Transactions that change what a family remembers. */
@Injectable()
export class WritingService {
  constructor(private readonly runner: TransactionRunner) {}

  /**
   * Does the work again, from the beginning, where somebody who wrote at the same time was in its way: it then meets
   * what they have left. The work must have no effect outside of its transaction. The runner does so by itself in a deadlock.
   */
  run<T>(principal: Principal, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return repeat(() => this.runner.run(principal, work), attemptsAt);
  }
}

/**
 * A value that came between reading and writing is read the next time; a conflict that comes again would come always.
 */
function attemptsAt(error: unknown): number {
  if (error instanceof MemoryError && !(error instanceof ChangedMeanwhile))
    return error.code === 'memory_conflict' ? 2 : 1;
  const isLostRace = error instanceof ChangedMeanwhile || isUniqueViolation(error, 'memories_pkey');
  return isLostRace ? ATTEMPTS : 1;
}
