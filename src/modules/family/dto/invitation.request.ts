import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, IsUUID, Length, Max, Min } from 'class-validator';
import { IsOptionalNotNull } from '../../../platform/http/index.js';
import { INVITABLE_ROLES, type InvitableRole } from '../invitation.entity.js';

/** An invitation for a new member (`role`), or for one who has no account or lives on devices (`member_id`). */
export class CreateInvitationRequest {
  @ApiPropertyOptional({ enum: INVITABLE_ROLES, example: 'grandparent', description: 'Needed without `member_id`' })
  @IsOptionalNotNull()
  @IsIn(INVITABLE_ROLES)
  role?: InvitableRole;

  @ApiPropertyOptional({
    format: 'uuid',
    description:
      'The profile that the person takes over, with its role. Who has lived on devices gets an email and a password by it',
  })
  @IsOptionalNotNull()
  @IsUUID()
  member_id?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 720,
    default: 168,
    description: 'Hours until it expires',
  })
  @IsOptionalNotNull()
  @IsInt()
  @Min(1)
  @Max(720)
  expires_in_hours?: number;
}

export class AcceptInvitationRequest {
  @ApiProperty({ example: '7K2M-9QXA-R4TD' })
  @IsString()
  @Length(12, 40)
  code!: string;
}
