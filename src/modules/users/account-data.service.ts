import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/index.js';
import {
  PrivacyRegistry,
  type PersonalData,
  type Person,
  type Receipt,
  type Row,
  type Section,
} from '../../platform/privacy/index.js';
import { toUserResponse } from './dto/user.response.js';
import { GrantsRepository } from './grants.repository.js';
import { UsersRepository } from './users.repository.js';

/** The account, as the person has it and as it goes. */
@Injectable()
export class AccountData implements PersonalData, OnModuleInit {
  readonly stage = 'account';

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: PrivacyRegistry,
    private readonly users: UsersRepository,
    private readonly grants: GrantsRepository,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  sections({ userId }: Person): readonly Section[] {
    return [{ name: 'account', title: { en: 'Your account', es: 'Su cuenta' }, rows: () => this.account(userId) }];
  }

  /** What hangs on the account (password, roles, sessions) goes with it. */
  async erase({ userId }: Person, receipt: Receipt): Promise<void> {
    await this.runner.runAsIdentity(async (tx) => {
      await receipt.add(tx, 'permissions', await this.grants.deleteAll(tx, userId));
      if (await this.users.delete(tx, userId)) await receipt.add(tx, 'accounts', 1);
    });
  }

  private async *account(userId: string): AsyncGenerator<Row> {
    const found = await this.runner.runAsIdentity(async (tx) => {
      const user = await this.users.find(tx, userId);
      if (!user) return undefined;
      const roles = (await this.users.rolesOf(tx, [userId])).get(userId) ?? [];
      const permissions = (await this.grants.of(tx, userId)).map(({ permission }) => permission);
      return { ...toUserResponse(user, roles), permissions };
    });
    if (found) yield found;
  }
}
