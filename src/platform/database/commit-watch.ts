import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntitySubscriberInterface, type QueryRunner } from 'typeorm';
import { managerOf, type Transaction } from './transaction-runner.js';

/** Does something once a transaction has committed, and nothing when it is rolled back. */
@Injectable()
export class CommitWatch implements EntitySubscriberInterface {
  private readonly waiting = new WeakMap<QueryRunner, Map<string, () => void>>();

  constructor(@Inject(DataSource) dataSource: DataSource) {
    dataSource.subscribers.push(this);
  }

  /** @param name of the action: a second one of the same name in this transaction replaces the first */
  afterCommit(tx: Transaction, name: string, action: () => void): void {
    const { queryRunner } = managerOf(tx);
    if (!queryRunner) throw new Error('not a transaction');
    const actions = this.waiting.get(queryRunner) ?? new Map<string, () => void>();
    this.waiting.set(queryRunner, actions.set(name, action));
  }

  afterTransactionCommit({ queryRunner }: { queryRunner: QueryRunner }): void {
    const actions = this.waiting.get(queryRunner);
    this.waiting.delete(queryRunner);
    for (const action of actions?.values() ?? []) action();
  }

  afterTransactionRollback({ queryRunner }: { queryRunner: QueryRunner }): void {
    this.waiting.delete(queryRunner);
  }
}
