import type { FamilyRole } from '../../src/platform/security/index.js';
import type { components } from '../contract/client.js';
import type { TestApp } from './create-app.js';
import { as, newProfile, nobody, type TestFamily } from './factories.js';

/** A device of a new child of the family, let in by a code; the PIN is 2580. */
export async function newDevice(server: TestApp, family: TestFamily, role: FamilyRole = 'child'): Promise<NewDevice> {
  const memberId = await newProfile(server, family, role);
  return enrolDevice(server, family, memberId);
}

/** A device of a child, and who asks by it. */
export interface NewDevice {
  readonly deviceId: string;
  readonly memberId: string;
  readonly userId: string;
  readonly bearer: string;
  readonly deviceToken: string;
}

/** The same for a child that is there already. */
export async function enrolDevice(server: TestApp, family: TestFamily, memberId: string): Promise<NewDevice> {
  const { body } = await as(server, family.parent).post<{ code: string }>('/auth/device-codes', {
    member_id: memberId,
  });
  const request = { code: body.code, device_name: 'Tablet', pin: '2580' };
  const answer = await nobody(server).post<components['schemas']['EnrolledDeviceResponse']>(
    '/auth/device/enrol',
    request,
  );
  if (answer.status !== 201) throw new Error(`a device was answered with ${String(answer.status)}`);
  const { device_id: deviceId, device_token: deviceToken, access_token, user } = answer.body;
  return { deviceId, memberId, userId: user.id, bearer: `Bearer ${String(access_token)}`, deviceToken };
}
