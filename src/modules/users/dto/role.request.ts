import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import { SERVER_ROLES, type ServerRole } from '../../../platform/security/index.js';

/** A role on the server for one person. */
export class RoleRequest {
  @ApiProperty({ format: 'uuid', example: '019a9c1e-0000-7000-8000-000000000000' })
  @IsUUID()
  user_id!: string;

  @ApiProperty({ enum: SERVER_ROLES, example: 'operator' })
  @IsIn(SERVER_ROLES)
  role!: ServerRole;
}
