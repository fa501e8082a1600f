import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AuditTrail, by } from '../../platform/audit/index.js';
import { PrivacyConfig } from '../../platform/config/index.js';
import {
  lockInTransaction,
  StaleViewerError,
  TransactionRunner,
  type Transaction,
} from '../../platform/database/index.js';
import { DomainError } from '../../platform/http/index.js';
import { uuidv7 } from '../../platform/ids.js';
import { defineSchedule, JobQueue, JobRegistry } from '../../platform/jobs/index.js';
import { PrivacyRegistry, type Person, type Receipt } from '../../platform/privacy/index.js';
import type { Principal } from '../../platform/security/index.js';
import { DevicesService, ReauthenticationService } from '../auth/index.js';
import { familyOf, MembershipData, type Remaining } from '../family/index.js';
import { AccountsService, AuthorityService } from '../users/index.js';
import type { EraseAccountRequest, EraseMemberRequest } from './dto/erasure.request.js';
import { toReceiptResponse, type ErasureResponse, type ReceiptResponse } from './dto/erasure.response.js';
import { ErasuresRepository, type DueErasure, type ErasureRow } from './erasures.repository.js';
import { PrivacyError } from './privacy.errors.js';
import { ERASE } from './privacy.jobs.js';
import { fateOf } from './privacy.policy.js';
import { hashReceiptCode, newReceiptCode } from './receipt-code.js';
import { WardsService } from './wards.service.js';

/** Of the audit log; `account.erased` once it is done. */
const ERASE_ACTION = 'account.erase';

/** The end of an account that somebody has decided. */
interface Closing {
  readonly actor: Principal;
  readonly userId: string;
  readonly takesFamilies: boolean;
  /** Decides under the locks what was decided before: whose word counts may have changed while the password was hashed. */
  readonly confirm: (tx: Transaction) => Promise<unknown>;
  readonly shut: (tx: Transaction, remaining: readonly Remaining[]) => Promise<void>;
}

/** The end of an account: closed at once, erased after the grace by every module, with a receipt. */
@Injectable()
export class ErasureService implements OnModuleInit {
  private readonly logger = new Logger(ErasureService.name);

  constructor(
    private readonly runner: TransactionRunner,
    private readonly jobs: JobQueue,
    private readonly workers: JobRegistry,
    private readonly registry: PrivacyRegistry,
    private readonly trail: AuditTrail,
    private readonly reauthentication: ReauthenticationService,
    private readonly accounts: AccountsService,
    private readonly authority: AuthorityService,
    private readonly devices: DevicesService,
    private readonly wards: WardsService,
    private readonly memberships: MembershipData,
    private readonly erasures: ErasuresRepository,
    private readonly config: PrivacyConfig,
  ) {}

  onModuleInit(): void {
    this.workers.register(ERASE, async (jobs) => {
      for (const { payload } of jobs) await this.erase(payload.erasure_id);
    });
    this.workers.registerSchedule(
      defineSchedule({ id: 'privacy.erasures', cron: '23 * * * *', execute: () => this.tend() }),
    );
  }

  /**
   * Closes the account; what is left of it is erased after the grace, unless its owner signs in before.
   * @throws AuthError `wrong_password`, `fresh_sign_in_required`; UserError `last_admin`; PrivacyError `last_parent_of_others`
   */
  async request(
    principal: Principal,
    { password, family }: EraseAccountRequest,
    address: string,
  ): Promise<ErasureResponse> {
    await this.reauthentication.require(principal, password, address, ERASE_ACTION);
    const { userId } = principal;
    return this.close({
      actor: principal,
      userId,
      takesFamilies: family === 'erase',
      confirm: () => Promise.resolve(),
      shut: async (tx) => {
        // Whoever was faster has ended this session, too.
        if (!(await this.accounts.close(tx, userId))) throw new StaleViewerError(true);
      },
    });
  }

  /**
   * A parent ends the account of a child. It has no device then; letting one in again takes it back.
   * @throws as `request` and `WardsService.require`; UserError `account_closing`, `account_erasing`
   */
  async requestForMember(
    principal: Principal,
    memberId: string,
    { password }: EraseMemberRequest,
    address: string,
  ): Promise<ErasureResponse> {
    const userId = await this.wards.require(principal, memberId, 'end');
    await this.reauthentication.require(principal, password, address, ERASE_ACTION);
    return this.closeForOwner(principal, userId, false, async (tx) => {
      const still = await this.wards.requireIn(tx, familyOf(principal), memberId, 'end');
      if (still !== userId) throw new StaleViewerError(true);
    });
  }

  /**
   * An admin ends any account. Its owner takes it back by signing in, unless it is disabled.
   * @throws as `request`; UserError `user_not_found`, `not_yours_to_give`, `account_closing`, `account_erasing`
   */
  async requestForUser(
    principal: Principal,
    userId: string,
    { password, family }: EraseAccountRequest,
    address: string,
  ): Promise<ErasureResponse> {
    await this.runner.runAsIdentity((tx) => this.authority.requireOver(tx, principal, userId));
    await this.reauthentication.require(principal, password, address, ERASE_ACTION);
    return this.closeForOwner(principal, userId, family === 'erase', (tx) =>
      this.authority.requireOver(tx, principal, userId),
    );
  }

  private closeForOwner(
    actor: Principal,
    userId: string,
    takesFamilies: boolean,
    confirm: Closing['confirm'],
  ): Promise<ErasureResponse> {
    const shut: Closing['shut'] = async (tx, remaining) => {
      await this.accounts.closeFor(tx, userId);
      // Whoever types the PIN, or has an invitation, knows nothing of it, and is not to take it back.
      const memberIds = remaining.map(({ memberId }) => memberId);
      await this.devices.takeAllBack(tx, userId, memberIds);
      await this.memberships.withdrawInvitations(tx, remaining);
    };
    return this.close({ actor, userId, takesFamilies, confirm, shut });
  }

  /** All of it is decided under the locks, in which nobody leaves a family, comes in or is put out. */
  private async close({ actor, userId, takesFamilies, confirm, shut }: Closing): Promise<ErasureResponse> {
    const code = newReceiptCode();
    return this.runner.runAsIdentity(async (tx) => {
      await lockInTransaction(tx, 'admins');
      const remaining = await this.memberships.lockRemaining(tx, userId);
      await this.accounts.lockWaysIn(tx, userId);
      await this.reauthentication.requireStill(tx, actor);
      await confirm(tx);
      const fates = remaining.map((each) => ({ ...each, fate: fateOf(each, takesFamilies) }));
      if (fates.some(({ fate }) => fate === 'undecided'))
        throw new PrivacyError('last_parent_of_others', {
          errors: [{ field: 'family', messages: ['must be "erase", unless somebody else becomes a parent'] }],
        });
      await shut(tx, remaining);
      await this.trail.record(tx, { ...by(actor, ERASE_ACTION), subjectUserId: userId });
      const erasure = await this.queue(tx, { userId, takesFamilies, code });
      return {
        receipt_code: code,
        erase_after: erasure.due_at.toISOString(),
        families: fates.map(({ familyId, fate }) => ({ id: familyId, fate: fate === 'erased' ? 'erased' : 'left' })),
      };
    });
  }

  private async queue(
    tx: Transaction,
    {
      code,
      isDeserted = false,
      ...whose
    }: { userId: string; takesFamilies: boolean; code: string; isDeserted?: boolean },
  ): Promise<ErasureRow> {
    const row = await this.erasures.insert(tx, {
      ...whose,
      id: uuidv7(),
      receiptHash: hashReceiptCode(code),
      isDeserted,
      graceDays: this.config.erasureGraceDays,
    });
    await this.jobs.enqueue(tx, ERASE, { erasure_id: row.id }, { startAfter: row.due_at });
    return row;
  }

  /** @throws PrivacyError `receipt_not_found`, also when the erasure was taken back */
  receipt(code: string): Promise<ReceiptResponse> {
    return this.runner.runAsIdentity(async (tx) => {
      const row = await this.erasures.findByReceipt(tx, hashReceiptCode(code));
      if (!row) throw new PrivacyError('receipt_not_found');
      return toReceiptResponse(row);
    });
  }

  /** Begins or goes on with an erasure whose time has come; one that was taken back is not there any more. */
  async erase(id: string): Promise<void> {
    const erasure = await this.runner.runAsIdentity((tx) => this.begin(tx, id));
    if (!erasure) return;
    const { user_id: userId } = erasure;
    const remaining = await this.memberships.remainingOf(userId);
    const person: Person = {
      userId,
      memberships: remaining.map((each) => withFate(each, erasure.takes_families)),
      // Read after the memberships: whoever is taken out of a family between the two is in both, never in none.
      formerly: await this.memberships.formerOf(userId),
    };
    const receipt: Receipt = {
      add: (tx: Transaction, place, count) =>
        count === 0 ? Promise.resolve() : this.erasures.add(tx, id, place, count),
    };
    for (const source of this.registry.list()) await source.erase(person, receipt);
    await this.runner.runAsIdentity(async (tx) => {
      await this.erasures.finish(tx, id, this.config.backupKeptDays);
      await this.trail.record(tx, { action: 'account.erased', outcome: 'success', subjectUserId: userId });
    });
    this.logger.log({ erasure_id: id }, 'an account was erased');
  }

  /** Whoever signs in from here on is too late, and whoever was faster has taken it back. */
  private async begin(tx: Transaction, id: string): Promise<DueErasure | undefined> {
    const due = await this.erasures.findDue(tx, id);
    if (!due) return undefined;
    await this.accounts.beginErasing(tx, due.user_id);
    return this.erasures.findDue(tx, id);
  }

  /**
   * Closes accounts that nobody can sign in to and that have been in no family for a while, as of a child who was taken
   * out of it. Their receipts are nobody's; an admin takes it back.
   */
  async closeDeserted(): Promise<void> {
    for (const userId of await this.runner.runAsIdentity((tx) => this.devices.deserted(tx))) {
      if ((await this.memberships.remainingOf(userId)).length > 0) continue;
      try {
        await this.runner.runAsIdentity(async (tx) => {
          await this.devices.requireNoOtherWayIn(tx, userId);
          await this.accounts.closeFor(tx, userId);
          await this.trail.record(tx, { action: 'account.desert', outcome: 'success', subjectUserId: userId });
          await this.queue(tx, { userId, takesFamilies: false, code: newReceiptCode(), isDeserted: true });
        });
      } catch (error) {
        // It has changed meanwhile, or is the last admin's: the others go on.
        if (!(error instanceof DomainError)) throw error;
        this.logger.warn({ user_id: userId, code: String(error.code) }, 'a deserted account stays');
      }
    }
  }

  private async tend(): Promise<void> {
    await this.resume();
    await this.closeDeserted();
  }

  /** Queues again what was lost, as after the restoration of a backup. */
  private async resume(): Promise<void> {
    await this.runner.runAsIdentity(async (tx) => {
      const ids = await this.erasures.overdue(tx);
      await this.jobs.enqueueAll(
        tx,
        ERASE,
        ids.map((id) => ({ payload: { erasure_id: id }, key: id })),
      );
    });
  }
}

/** By then others may have come or gone: whoever has become the last parent meanwhile takes nobody's family along unasked. */
const withFate = (remaining: Remaining, takesFamilies: boolean): Person['memberships'][number] => ({
  ...remaining,
  isErased: fateOf(remaining, takesFamilies) === 'erased',
});
