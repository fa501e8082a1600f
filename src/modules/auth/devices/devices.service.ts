import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../../platform/audit/index.js';
import { ServerConfig } from '../../../platform/config/index.js';
import { StaleViewerError, TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import { decodeCursor, fieldError, toPage, type Page } from '../../../platform/http/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import type { Principal } from '../../../platform/security/index.js';
import { familyOf, MinorsService, OffersService } from '../../family/index.js';
import { AccountsService } from '../../users/index.js';
import { AuthError } from '../auth.errors.js';
import { CredentialsRepository } from '../credentials.repository.js';
import { IdentitiesRepository } from '../providers/identities.repository.js';
import { hashDeviceCode, newDeviceCode } from './device-code.js';
import { livesOnDevices, mayHaveDevices } from './devices.policy.js';
import { DevicesRepository } from './devices.repository.js';
import type { ListDevicesQuery } from './dto/device.request.js';
import { toDeviceResponse, type DeviceCodeResponse, type DeviceResponse } from './dto/device.response.js';

/** Life of a code in seconds. */
const CODE_LIFE = 600;
/** Days for which an account that nobody can sign in to is left as it is. */
const DESERTED_AFTER = 30;

/** What parents do about the devices of their children. */
@Injectable()
export class DevicesService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly devices: DevicesRepository,
    private readonly minors: MinorsService,
    private readonly offers: OffersService,
    private readonly accounts: AccountsService,
    private readonly credentials: CredentialsRepository,
    private readonly identities: IdentitiesRepository,
    private readonly trail: AuditTrail,
    private readonly server: ServerConfig,
  ) {}

  /**
   * A code that lets one device in; the earlier one of the child ends. It is in this answer only.
   * @throws FamilyError `member_not_found`; AuthError `member_signs_in_alone`; DomainError 422 for an adult
   */
  async createCode(principal: Principal, memberId: string): Promise<DeviceCodeResponse> {
    const familyId = familyOf(principal);
    const { role, userId } = await this.runner.run(principal, (tx) => this.minors.require(tx, familyId, memberId));
    if (!mayHaveDevices(role)) throw fieldError('member_id', 'is neither a child nor a teenager', 'impossible');
    if (userId !== null) await this.runner.runAsIdentity((tx) => this.requireNoOtherWayIn(tx, userId));
    const code = newDeviceCode();
    const expiresAt = await this.runner.run(principal, async (tx) => {
      if (!(await this.offers.mayOffer(tx, principal, familyId))) throw new StaleViewerError();
      const created = { id: uuidv7(), familyId, memberId, createdBy: principal.userId, codeHash: hashDeviceCode(code) };
      await this.trail.record(tx, {
        ...by(principal, 'device.invite'),
        subjectUserId: userId,
        targetType: 'member',
        targetId: memberId,
      });
      return this.devices.saveCode(tx, created, CODE_LIFE);
    });
    const payload = new URLSearchParams({ server: this.server.origin, code }).toString();
    return {
      code,
      member_id: memberId,
      expires_at: expiresAt.toISOString(),
      qr_payload: `family-assistant:enrol?${payload}`,
    };
  }

  async list(principal: Principal, { limit, cursor, member_id }: ListDevicesQuery): Promise<Page<DeviceResponse>> {
    const after = decodeCursor(cursor);
    return this.runner.run(principal, async (tx) => {
      const rows = await this.devices.page(tx, familyOf(principal), member_id, limit, after);
      return toPage(rows, limit, ({ sortKey, id }) => ({ at: sortKey, id }), toDeviceResponse);
    });
  }

  /** Lets a device try PINs again, in the name of this parent. @throws AuthError `device_not_found` */
  async approve(principal: Principal, id: string): Promise<DeviceResponse> {
    return this.runner.run(principal, async (tx) => {
      const familyId = familyOf(principal);
      // Whoever was removed at this moment vouches for nothing any more.
      if (!(await this.offers.mayOffer(tx, principal, familyId))) throw new AuthError('device_not_found');
      const device = await this.devices.approve(tx, familyId, id, principal.userId);
      return toDeviceResponse(await this.recorded(tx, principal, 'device.approve', device));
    });
  }

  /** Takes a device back; its session ends at once. @throws AuthError `device_not_found` */
  async revoke(principal: Principal, id: string): Promise<void> {
    await this.runner.run(principal, async (tx) => {
      await this.recorded(tx, principal, 'device.revoke', await this.devices.delete(tx, familyOf(principal), id));
    });
  }

  /** @throws AuthError `member_signs_in_alone` */
  async requireNoOtherWayIn(tx: Transaction, userId: string): Promise<void> {
    const user = await this.accounts.find(tx, userId);
    const hasPassword = (await this.credentials.findHash(tx, userId)) !== undefined;
    const { length: identities } = await this.identities.ofUser(tx, userId);
    if (!user || !livesOnDevices({ email: user.email, hasPassword, identities }))
      throw new AuthError('member_signs_in_alone');
  }

  /** Takes back every device that lets a person in, and the codes that would let another one in. */
  async takeAllBack(tx: Transaction, userId: string, memberIds: readonly string[]): Promise<void> {
    await this.devices.deleteAll(tx, userId);
    await this.devices.deleteCodes(tx, memberIds);
  }

  /** Accounts that nobody can sign in to, as those of children without a device, after a while: it may be a slip. */
  deserted(tx: Transaction): Promise<string[]> {
    return this.devices.deserted(tx, DESERTED_AFTER);
  }

  private async recorded<T extends { id: string; userId: string }>(
    tx: Transaction,
    principal: Principal,
    action: string,
    device: T | undefined,
  ): Promise<T> {
    if (!device) throw new AuthError('device_not_found');
    const { id, userId } = device;
    await this.trail.record(tx, {
      ...by(principal, action),
      subjectUserId: userId,
      targetType: 'device',
      targetId: id,
    });
    return device;
  }
}
