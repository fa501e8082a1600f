import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { PageQuery, IsOptionalNotNull } from '../../../platform/http/index.js';
import { SERVER_ROLES, type ServerRole } from '../../../platform/security/index.js';
import { USER_STATUSES, type UserStatus } from '../user.entity.js';

export class ListUsersQuery extends PageQuery {
  @ApiPropertyOptional({ enum: USER_STATUSES })
  @IsOptionalNotNull()
  @IsIn(USER_STATUSES)
  status?: UserStatus;

  @ApiPropertyOptional({ enum: SERVER_ROLES })
  @IsOptionalNotNull()
  @IsIn(SERVER_ROLES)
  role?: ServerRole;

  @ApiPropertyOptional({ description: 'Part of the email, the username or the name' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(100)
  q?: string;
}
