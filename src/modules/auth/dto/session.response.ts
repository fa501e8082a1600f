import { ApiProperty } from '@nestjs/swagger';
import type { Session } from '../session.entity.js';
import { SignedInUser } from './me.response.js';

export class SessionResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ type: 'string', nullable: true, example: 'Mozilla/5.0 (Android 15) Firefox/145.0' })
  device!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: '192.0.2.7' })
  address!: string | null;

  @ApiProperty({ description: 'Whether it is the session of this request' })
  current!: boolean;

  @ApiProperty()
  remember_me!: boolean;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  last_used_at!: string;

  @ApiProperty({ format: 'date-time' })
  expires_at!: string;
}

/** What a sign-in answers (RFC 6749, section 5.1); with cookies the tokens are not in the body. */
export class TokenResponse {
  @ApiProperty({ required: false, description: 'A JWT for `Authorization: Bearer`' })
  access_token?: string;

  @ApiProperty({ required: false, description: 'For /auth/refresh, once' })
  refresh_token?: string;

  @ApiProperty({ enum: ['bearer'] })
  token_type!: 'bearer';

  @ApiProperty({ example: 600, description: 'Life of the access token in seconds' })
  expires_in!: number;

  @ApiProperty({ type: SignedInUser })
  user!: SignedInUser;
}

export class SwitchedFamilyResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Núñez O’Brien' })
  name!: string;
}

export const toSessionResponse = (session: Session, currentId: string): SessionResponse => ({
  id: session.id,
  device: session.device,
  address: session.address,
  current: session.id === currentId,
  remember_me: session.rememberMe,
  created_at: session.createdAt.toISOString(),
  last_used_at: session.lastUsedAt.toISOString(),
  expires_at: session.expiresAt.toISOString(),
});
