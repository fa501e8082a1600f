import { ApiProperty } from '@nestjs/swagger';
import { PERMISSIONS, type Permission, type Principal } from '../../../platform/security/index.js';
import { fullName, highestRole, LANGUAGES, type Language, type User } from '../../users/index.js';

/** The person in the answer of a sign-in. */
export class SignedInUser {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'María Núñez' })
  name!: string;

  @ApiProperty({
    example: 'parent',
    description: 'The role in the active family; without a family the one on the server',
  })
  role!: string;

  @ApiProperty({ enum: LANGUAGES })
  language!: Language;
}

class MyFamily {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Núñez O’Brien' })
  name!: string;
}

class Abilities {
  @ApiProperty()
  manage_users!: boolean;

  @ApiProperty()
  manage_roles!: boolean;

  @ApiProperty()
  manage_family!: boolean;

  @ApiProperty()
  manage_members!: boolean;

  @ApiProperty()
  invite_members!: boolean;

  @ApiProperty()
  view_all_conversations!: boolean;

  @ApiProperty()
  edit_prompts!: boolean;

  @ApiProperty()
  view_operations!: boolean;
}

/** Who is signed in, and what they may do. */
export class MeResponse extends SignedInUser {
  @ApiProperty({ type: 'string', format: 'email', nullable: true })
  email!: string | null;

  @ApiProperty({ description: 'Whether you have proved to receive mail there' })
  email_verified!: boolean;

  @ApiProperty({ type: 'string', nullable: true })
  username!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  telegram_id!: number | null;

  @ApiProperty({ type: [String], example: ['user'] })
  server_roles!: readonly string[];

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  member_id!: string | null;

  @ApiProperty({ type: MyFamily, nullable: true })
  family!: MyFamily | null;

  @ApiProperty({ type: Abilities, description: 'For showing and hiding in apps' })
  permissions!: Abilities;

  @ApiProperty({ enum: PERMISSIONS, isArray: true })
  granted!: readonly Permission[];
}

export const toSignedInUser = (user: User, principal: Principal): SignedInUser => ({
  id: user.id,
  name: fullName(user),
  role: principal.familyRole ?? highestRole(principal.serverRoles),
  language: user.language,
});

export function toMeResponse(
  user: User,
  family: { id: string; name: string } | null,
  principal: Principal,
): MeResponse {
  const can = (permission: Permission): boolean => principal.permissions.has(permission);
  return {
    ...toSignedInUser(user, principal),
    email: user.email,
    email_verified: user.emailVerifiedAt !== null,
    username: user.username,
    telegram_id: user.telegramId,
    server_roles: principal.serverRoles,
    member_id: principal.memberId,
    family: family && { id: family.id, name: family.name },
    permissions: {
      manage_users: can('user:write'),
      manage_roles: can('role:write'),
      manage_family: can('family:write'),
      manage_members: can('member:write'),
      invite_members: can('invitation:write'),
      view_all_conversations: can('conversation:read_family'),
      edit_prompts: can('prompt:write'),
      view_operations: can('operations:read'),
    },
    granted: [...principal.permissions].sort(),
  };
}
