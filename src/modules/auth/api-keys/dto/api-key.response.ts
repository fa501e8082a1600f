import { ApiProperty } from '@nestjs/swagger';
import { API_KEY_SCOPES } from '../../../../platform/security/index.js';
import type { ApiKey } from '../api-key.entity.js';

export class ApiKeyResponse {
  @ApiProperty({ format: 'uuid' })
  key_id!: string;

  @ApiProperty({ example: 'Kitchen display' })
  name!: string;

  @ApiProperty({ example: 'fa_live_3kTq…', description: 'How the secret begins' })
  hint!: string;

  @ApiProperty({ enum: API_KEY_SCOPES, isArray: true })
  scopes!: readonly string[];

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true, description: 'The family in which it acts' })
  family_id!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  max_requests_per_day!: number | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  expires_at!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'To the minute' })
  last_used_at!: string | null;
}

export class NewApiKeyResponse extends ApiKeyResponse {
  @ApiProperty({
    example: 'fa_live_3kTqW9xLbD0aRzVfYh2PjNcM7sEuGi4cJ8bZ',
    description: 'For the header `X-API-Key`; shown this once',
  })
  key_secret!: string;
}

export const toApiKeyResponse = (key: ApiKey): ApiKeyResponse => ({
  key_id: key.id,
  name: key.name,
  hint: `fa_live_${key.hint}…`,
  scopes: key.scopes,
  family_id: key.familyId,
  max_requests_per_day: key.maxRequestsPerDay,
  created_at: key.createdAt.toISOString(),
  expires_at: key.expiresAt?.toISOString() ?? null,
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
});
