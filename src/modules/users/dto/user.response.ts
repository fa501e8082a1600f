import { ApiProperty } from '@nestjs/swagger';
import { SERVER_ROLES, type ServerRole } from '../../../platform/security/index.js';
import { LANGUAGES, USER_STATUSES, type Language, type User, type UserStatus } from '../user.entity.js';

/** An account, as its owner and admins see it. */
export class UserResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ type: 'string', format: 'email', nullable: true, example: 'maria@example.org' })
  email!: string | null;

  @ApiProperty({ description: 'Whether the person has proved to receive mail there' })
  email_verified!: boolean;

  @ApiProperty({ type: 'string', nullable: true, example: 'maria' })
  username!: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: null })
  telegram_id!: number | null;

  @ApiProperty({ example: 'María' })
  first_name!: string;

  @ApiProperty({ type: 'string', nullable: true, example: 'Núñez' })
  last_name!: string | null;

  @ApiProperty({ example: 'María Núñez' })
  name!: string;

  @ApiProperty({ enum: LANGUAGES })
  language!: Language;

  @ApiProperty({ example: 'Europe/Madrid' })
  time_zone!: string;

  @ApiProperty({ type: 'string', format: 'date', nullable: true, example: '1984-02-29' })
  birth_date!: string | null;

  @ApiProperty({ enum: USER_STATUSES })
  status!: UserStatus;

  @ApiProperty({ enum: SERVER_ROLES, isArray: true })
  roles!: readonly ServerRole[];

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: null,
    description: 'null: what the server allows everybody',
  })
  max_requests_per_day!: number | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;
}

/** First and last name as one. */
export const fullName = ({ firstName, lastName }: { firstName: string; lastName: string | null }): string =>
  lastName === null ? firstName : `${firstName} ${lastName}`;

export function toUserResponse(user: User, roles: readonly ServerRole[]): UserResponse {
  return {
    id: user.id,
    email: user.email,
    email_verified: user.emailVerifiedAt !== null,
    username: user.username,
    telegram_id: user.telegramId,
    first_name: user.firstName,
    last_name: user.lastName,
    name: fullName(user),
    language: user.language,
    time_zone: user.timeZone,
    birth_date: user.birthDate,
    status: user.status,
    roles,
    max_requests_per_day: user.maxRequestsPerDay,
    created_at: user.createdAt.toISOString(),
  };
}
