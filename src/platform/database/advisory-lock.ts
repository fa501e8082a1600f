import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { managerOf, type Transaction } from './transaction-runner.js';

/** A 64-bit lock number from a name (PostgreSQL's advisory locks are numbered). */
export const lockNumber = (name: string): string =>
  createHash('sha256').update(name).digest().readBigInt64BE().toString();

/** Waits until this transaction holds the named lock; it is given back when the transaction ends. */
export async function lockInTransaction(tx: Transaction, name: string): Promise<void> {
  await managerOf(tx).query('SELECT pg_advisory_xact_lock($1::bigint)', [lockNumber(name)]);
}

/** Runs work while this connection holds the named lock, across transactions. */
export async function withSessionLock<T>(manager: EntityManager, name: string, work: () => Promise<T>): Promise<T> {
  await manager.query('SELECT pg_advisory_lock($1::bigint)', [lockNumber(name)]);
  try {
    return await work();
  } finally {
    await manager.query('SELECT pg_advisory_unlock($1::bigint)', [lockNumber(name)]);
  }
}
