import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import {
  GRANTABLE_PERMISSIONS,
  SERVER_ROLES,
  type GrantablePermission,
  type ServerRole,
} from '../../../platform/security/index.js';

/** A role on the server for one person. */
export class RoleRequest {
  @ApiProperty({ format: 'uuid', example: '019a9c1e-0000-7000-8000-000000000000' })
  @IsUUID()
  user_id!: string;

  @ApiProperty({ enum: SERVER_ROLES, example: 'operator' })
  @IsIn(SERVER_ROLES)
  role!: ServerRole;
}

/** A right over the server for one person, besides roles. */
export class GrantRequest {
  @ApiProperty({ format: 'uuid', example: '019a9c1e-0000-7000-8000-000000000000' })
  @IsUUID()
  user_id!: string;

  @ApiProperty({ enum: GRANTABLE_PERMISSIONS, example: 'operations:read' })
  @IsIn(GRANTABLE_PERMISSIONS)
  permission!: GrantablePermission;
}
