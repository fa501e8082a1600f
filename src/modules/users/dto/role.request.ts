import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import { SERVER_ROLES, type ServerRole } from '../../../platform/security/index.js';

/** A role on the server for one person. */
export class RoleRequest {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  user_id!: string;

  @ApiProperty({ enum: SERVER_ROLES })
  @IsIn(SERVER_ROLES)
  role!: ServerRole;
}
