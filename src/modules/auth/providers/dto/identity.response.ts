import { ApiProperty } from '@nestjs/swagger';
import type { Identity } from '../identity.entity.js';

/** An account of a provider that signs in to yours. */
export class IdentityResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'google' })
  provider!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'What the provider said last; nothing is decided by it' })
  email!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  last_used_at!: string;
}

export class IdentitiesResponse {
  @ApiProperty({ type: [IdentityResponse] })
  data!: IdentityResponse[];
}

export const toIdentityResponse = (identity: Identity): IdentityResponse => ({
  id: identity.id,
  provider: identity.provider,
  email: identity.email,
  created_at: identity.createdAt.toISOString(),
  last_used_at: identity.lastUsedAt.toISOString(),
});

export const toIdentitiesResponse = (identities: readonly Identity[]): IdentitiesResponse => ({
  data: identities.map(toIdentityResponse),
});
