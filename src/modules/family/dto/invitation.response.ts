import { ApiProperty } from '@nestjs/swagger';
import { FAMILY_ROLES, type FamilyRole } from '../../../platform/security/index.js';
import { INVITABLE_ROLES, type Invitation, type InvitableRole } from '../invitation.entity.js';
import type { Joined } from '../onboarding.service.js';

export class InvitationResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: INVITABLE_ROLES })
  role!: InvitableRole;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  member_id!: string | null;

  @ApiProperty({ enum: ['pending', 'accepted', 'expired'] })
  status!: 'pending' | 'accepted' | 'expired';

  @ApiProperty({ format: 'date-time' })
  expires_at!: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  accepted_at!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;
}

export class NewInvitationResponse extends InvitationResponse {
  @ApiProperty({ example: '7K2M-9QXA-R4TD', description: 'Shown this once; only its hash is kept' })
  code!: string;

  @ApiProperty({
    example: 'https://family.example.org/join#7K2M-9QXA-R4TD',
    description: 'The code after # is not sent to any server',
  })
  link!: string;
}

/** Where an invitation has led. */
export class JoinedResponse {
  @ApiProperty({ format: 'uuid' })
  family_id!: string;

  @ApiProperty({ example: 'Núñez O’Brien' })
  family_name!: string;

  @ApiProperty({ format: 'uuid' })
  member_id!: string;

  @ApiProperty({ enum: FAMILY_ROLES })
  role!: FamilyRole;
}

export function toInvitationResponse(invitation: Invitation, now = new Date()): InvitationResponse {
  const { acceptedAt, expiresAt } = invitation;
  return {
    id: invitation.id,
    role: invitation.role,
    member_id: invitation.memberId,
    status: acceptedAt ? 'accepted' : expiresAt <= now ? 'expired' : 'pending',
    expires_at: expiresAt.toISOString(),
    accepted_at: acceptedAt?.toISOString() ?? null,
    created_at: invitation.createdAt.toISOString(),
  };
}

export const toJoinedResponse = ({ family, memberId, role }: Joined): JoinedResponse => ({
  family_id: family.id,
  family_name: family.name,
  member_id: memberId,
  role,
});
