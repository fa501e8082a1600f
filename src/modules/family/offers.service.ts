import { Injectable } from '@nestjs/common';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { AccountsService } from '../users/index.js';
import { FamilyRepository } from './family.repository.js';
import { OffersRepository } from './offers.repository.js';

/** What parents offer: invitations, device codes, and devices that they let in. Runs in the caller's transaction. */
@Injectable()
export class OffersService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly accounts: AccountsService,
    private readonly families: FamilyRepository,
    private readonly offers: OffersRepository,
  ) {}

  /**
   * Whether an offer of this person counts: they are a parent there, and their account is open. Locks the family, so
   * that removing them comes before or after.
   */
  async stands(tx: Transaction, familyId: string, offeredBy: string | null): Promise<boolean> {
    if (!(await this.families.lock(tx, familyId))) return false;
    return this.offers.isActiveParent(tx, familyId, offeredBy, true);
  }

  /**
   * The same of one's own, before it is made: whoever has put this session out meanwhile has taken back all that it had
   * offered, and nothing comes after that.
   * @throws StaleViewerError when the session has ended or its rights have changed
   */
  async mayOffer(tx: Transaction, principal: Principal, familyId: string): Promise<boolean> {
    if (!(await this.families.lock(tx, familyId))) return false;
    await this.accounts.lockWaysIn(tx, principal.userId);
    await this.runner.enterAgain(tx, principal);
    return this.offers.isActiveParent(tx, familyId, principal.userId, true);
  }

  /** Takes back everything that was offered in somebody's name, in all their families. */
  withdrawAll(tx: Transaction, userId: string): Promise<void> {
    return this.offers.withdrawAll(tx, userId);
  }

  /** Whether somebody else with an account belongs to a family of theirs. */
  hasCompany(tx: Transaction, userId: string): Promise<boolean> {
    return this.offers.hasCompany(tx, userId);
  }
}
