import { ApiProperty } from '@nestjs/swagger';
import {
  FAMILY_ROLE_PERMISSIONS,
  GRANTABLE_PERMISSIONS,
  type GrantablePermission,
  PERMISSIONS,
  SERVER_ROLE_PERMISSIONS,
  type Permission,
  type Principal,
} from '../../../platform/security/index.js';

/** A role and what it may do. */
export class RoleResponse {
  @ApiProperty({ example: 'operator' })
  name!: string;

  @ApiProperty({ enum: ['server', 'family'] })
  scope!: 'server' | 'family';

  @ApiProperty({ enum: PERMISSIONS, isArray: true })
  permissions!: readonly Permission[];
}

export class RolesResponse {
  @ApiProperty({ type: [RoleResponse] })
  data!: RoleResponse[];
}

export class UserRolesResponse {
  @ApiProperty({ format: 'uuid' })
  user_id!: string;

  @ApiProperty({ type: [String], example: ['user'] })
  roles!: readonly string[];
}

export class GrantsResponse {
  @ApiProperty({ format: 'uuid' })
  user_id!: string;

  @ApiProperty({ enum: GRANTABLE_PERMISSIONS, isArray: true, description: 'Given besides roles' })
  permissions!: readonly GrantablePermission[];
}

export class MyPermissionsResponse {
  @ApiProperty({ type: [String], example: ['user'] })
  server_roles!: readonly string[];

  @ApiProperty({ type: 'string', nullable: true, example: 'parent' })
  family_role!: string | null;

  @ApiProperty({ enum: PERMISSIONS, isArray: true })
  permissions!: readonly Permission[];
}

export function toRolesResponse(): RolesResponse {
  const describe = (
    scope: 'server' | 'family',
    roles: Readonly<Record<string, readonly Permission[]>>,
  ): RoleResponse[] => Object.entries(roles).map(([name, permissions]) => ({ name, scope, permissions }));
  return { data: [...describe('server', SERVER_ROLE_PERMISSIONS), ...describe('family', FAMILY_ROLE_PERMISSIONS)] };
}

export const toMyPermissions = ({ serverRoles, familyRole, permissions }: Principal): MyPermissionsResponse => ({
  server_roles: serverRoles,
  family_role: familyRole,
  permissions: [...permissions].sort(),
});
