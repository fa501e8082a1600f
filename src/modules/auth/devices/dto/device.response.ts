import { ApiProperty } from '@nestjs/swagger';
import { TokenResponse } from '../../dto/session.response.js';
import type { DeviceRow } from '../devices.repository.js';

/** A code, in this answer only. */
export class DeviceCodeResponse {
  @ApiProperty({ example: 'K7QM-3RTX' })
  code!: string;

  @ApiProperty({ format: 'uuid' })
  member_id!: string;

  @ApiProperty({ format: 'date-time', description: 'Ten minutes from now' })
  expires_at!: string;

  @ApiProperty({
    example: 'family-assistant:enrol?server=https%3A%2F%2Ffamily.example.org&code=K7QM-3RTX',
    description: 'What a QR code is to hold: the address of the server, and the code',
  })
  qr_payload!: string;
}

export class DeviceResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'uuid' })
  member_id!: string;

  @ApiProperty({ example: 'Leo’s tablet' })
  name!: string;

  @ApiProperty({
    description:
      'Whether a parent has to approve it: after five wrong PINs, or because `approved_by` is no active parent any more',
  })
  locked!: boolean;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The account of the parent who let it in, or approved it last',
  })
  approved_by!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  last_unlocked_at!: string;
}

/** Tokens of the first session, and what the device signs in with from now on, together with the PIN. */
export class EnrolledDeviceResponse extends TokenResponse {
  @ApiProperty({ format: 'uuid' })
  device_id!: string;

  @ApiProperty({ description: 'To be kept on the device; in this answer only' })
  device_token!: string;
}

export const toDeviceResponse = (device: DeviceRow): DeviceResponse => ({
  id: device.id,
  member_id: device.memberId,
  name: device.name,
  locked: device.lockedAt !== null,
  approved_by: device.approvedBy,
  created_at: device.createdAt.toISOString(),
  last_unlocked_at: device.lastUnlockedAt.toISOString(),
});
