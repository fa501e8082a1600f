import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../../platform/audit/index.js';
import { TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import { fieldError } from '../../../platform/http/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import { Metrics } from '../../../platform/observability/index.js';
import { MinorsService, OffersService, type Family, type Member } from '../../family/index.js';
import { AccountsService, type User } from '../../users/index.js';
import { AuthError } from '../auth.errors.js';
import { PasswordHasher } from '../password/password-hasher.js';
import type { Delivery } from '../session.entity.js';
import { SessionsRepository } from '../sessions.repository.js';
import { SessionsService, type Device, type Tokens } from '../sessions.service.js';
import { hashDeviceCode, hashDeviceToken, newDeviceToken } from './device-code.js';
import { DeviceThrottle } from './device-throttle.js';
import { isObviousPin, mayHaveDevices, PIN_TRIES } from './devices.policy.js';
import { DevicesRepository, type DeviceCode, type DeviceRow } from './devices.repository.js';
import { DevicesService } from './devices.service.js';

export interface Enrolment {
  readonly code: string;
  readonly name: string;
  readonly pin: string;
  readonly delivery: Delivery;
}

export interface Enrolled {
  readonly deviceId: string;
  readonly deviceToken: string;
  readonly tokens: Tokens;
}

/** How a child's device signs in: once by a parent's code, then by its own token and the PIN. */
@Injectable()
export class DeviceSignInService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly devices: DevicesRepository,
    private readonly parents: DevicesService,
    private readonly minors: MinorsService,
    private readonly offers: OffersService,
    private readonly accounts: AccountsService,
    private readonly sessionRows: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly hasher: PasswordHasher,
    private readonly throttle: DeviceThrottle,
    private readonly trail: AuditTrail,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Lets a device in by a code, for good; of parallel uses of a code one wins. A child without an account gets one, which
   * has neither email nor password.
   * @throws AuthError `device_code_invalid`, `too_many_failures`, `member_signs_in_alone`, `account_disabled`
   */
  async enrol({ code, name, pin, delivery }: Enrolment, device: Device): Promise<Enrolled> {
    if (isObviousPin(pin)) throw fieldError('pin', 'is one of the first that anybody tries; choose another');
    const takeBack = await this.throttle.guess(device.address);
    const codeHash = hashDeviceCode(code);
    if (!(await this.runner.runAsIdentity((tx) => this.devices.findCode(tx, codeHash)))) {
      this.metrics.authAttempt('device_code', 'failure');
      throw new AuthError('device_code_invalid');
    }
    await takeBack();
    const pinHash = await this.hasher.hash(pin);
    const deviceToken = newDeviceToken();
    const deviceId = uuidv7();
    const tokens = await this.runner.runAsIdentity(async (tx) => {
      const { used, member, family } = await this.useUp(tx, codeHash);
      const user = await this.accountOf(tx, member, family);
      const begun = await this.sessions.begin(tx, user, { ...device, name }, { rememberMe: false, delivery });
      const { familyId, memberId, createdBy } = used;
      await this.devices.insert(tx, {
        id: deviceId,
        familyId,
        memberId,
        userId: user.id,
        name,
        sessionId: begun.sessionId,
        tokenHash: hashDeviceToken(deviceToken),
        pinHash,
        approvedBy: createdBy,
      });
      await this.record(tx, 'device.enrol', 'success', { id: deviceId, userId: user.id, familyId });
      return begun;
    });
    this.metrics.authAttempt('device_code', 'success');
    return { deviceId, deviceToken, tokens };
  }

  /**
   * A new session of the device, by its PIN; the one before it ends. Five wrong ones in a row lock the device until a
   * parent approves it. Devices of who has come to another way in, or is no minor any more, are gone: see the migration.
   * @throws AuthError `invalid_device`, `wrong_pin`, `device_locked`, `account_disabled`
   */
  async unlock(deviceToken: string, pin: string, delivery: Delivery, device: Device): Promise<Tokens> {
    const found = await this.runner.runAsIdentity((tx) => this.devices.findByToken(tx, hashDeviceToken(deviceToken)));
    if (!found) throw new AuthError('invalid_device');
    if (!(await this.runner.runAsIdentity((tx) => this.takeTry(tx, found.id)))) throw new AuthError('device_locked');
    if (!(await this.hasher.verify(found.pinHash, pin))) return this.refuse(found);
    const tokens = await this.runner.runAsIdentity(async (tx) => {
      const user = await this.accounts.find(tx, found.userId);
      if (!user) throw new AuthError('invalid_device');
      if (!(await this.accounts.admit(tx, user))) throw new AuthError('account_disabled');
      const current = await this.devices.lock(tx, found.id);
      if (!current) throw new AuthError('invalid_device');
      if (current.sessionId !== null) await this.sessionRows.revoke(tx, user.id, current.sessionId, 'revoked');
      const begun = await this.sessions.begin(
        tx,
        user,
        { ...device, name: found.name },
        { rememberMe: false, delivery },
      );
      if (!(await this.devices.unlock(tx, found.id, begun.sessionId))) throw new AuthError('device_locked');
      await this.record(tx, 'device.unlock', 'success', found);
      return begun;
    });
    this.metrics.authAttempt('device', 'success');
    return tokens;
  }

  /**
   * A code counts as long as its maker is a parent there. The family and the account are locked before the code, as where
   * a parent is removed or the account is closed.
   */
  private async useUp(
    tx: Transaction,
    codeHash: Buffer,
  ): Promise<{ used: DeviceCode; member: Member; family: Family }> {
    const used = await this.devices.findCode(tx, codeHash);
    if (!used) throw new AuthError('device_code_invalid');
    await this.runner.actInFamily(tx, used.familyId);
    const locked = await this.minors.lock(tx, used.familyId, used.memberId);
    if (!locked) throw new AuthError('device_code_invalid');
    if (locked.member.userId !== null) await this.accounts.lockWaysIn(tx, locked.member.userId);
    const stands = await this.offers.stands(tx, used.familyId, used.createdBy);
    if (!stands || !(await this.devices.consumeCode(tx, codeHash))) throw new AuthError('device_code_invalid');
    return { used, ...locked };
  }

  /** Locks where the last try ended without an answer, as in a crash: a parent sees what it is. */
  private async takeTry(tx: Transaction, id: string): Promise<boolean> {
    if (await this.devices.takeTry(tx, id, PIN_TRIES)) return true;
    await this.devices.lockWhenSpent(tx, id, PIN_TRIES);
    return false;
  }

  /** A wrong PIN: recorded, and the last one locks the device. */
  private async refuse(found: DeviceRow): Promise<never> {
    this.metrics.authAttempt('device', 'failure');
    const isLocked = await this.runner.runAsIdentity(async (tx) => {
      const locked = await this.devices.lockWhenSpent(tx, found.id, PIN_TRIES);
      await this.record(tx, locked ? 'device.lock' : 'device.unlock', locked ? 'success' : 'refused', found);
      return locked;
    });
    throw new AuthError(isLocked ? 'device_locked' : 'wrong_pin');
  }

  /** Decided again at the moment of use: the member may have changed since the code was made. */
  private async accountOf(tx: Transaction, member: Member, family: Family): Promise<User> {
    if (!mayHaveDevices(member.role)) throw new AuthError('device_code_invalid');
    if (member.userId !== null) {
      await this.parents.requireNoOtherWayIn(tx, member.userId);
      const user = await this.accounts.find(tx, member.userId);
      if (!user) throw new AuthError('device_code_invalid');
      if (!(await this.accounts.admit(tx, user))) throw new AuthError('account_disabled');
      return user;
    }
    const user = await this.accounts.create(tx, {
      email: null,
      username: null,
      firstName: member.firstName,
      lastName: member.lastName,
      language: member.languagePreference,
      timeZone: family.timeZone,
      roles: ['user'],
    });
    await this.minors.giveAccount(tx, member, user.id);
    return user;
  }

  private record(
    tx: Transaction,
    action: string,
    outcome: 'success' | 'refused',
    { id, userId, familyId }: { id: string; userId: string; familyId: string },
  ): Promise<void> {
    const about = { subjectUserId: userId, familyId, targetType: 'device', targetId: id };
    return this.trail.record(tx, { action, outcome, ...about });
  }
}
