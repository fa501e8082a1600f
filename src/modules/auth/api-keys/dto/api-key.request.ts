import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsISO8601,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { Nullable, Trim } from '../../../../platform/http/index.js';
import { API_KEY_SCOPES, type ApiKeyScope } from '../../../../platform/security/index.js';

/** A time with its zone, as 2027-01-31T12:00:00Z. */
const IsInstant = (): PropertyDecorator =>
  applyDecorators(
    IsISO8601(
      { strict: true, strictSeparator: true },
      { message: '$property must be a time such as 2027-01-31T12:00:00Z' },
    ),
    Matches(/T.*(Z|[+-]\d\d:\d\d)$/, { message: '$property must name its zone, as 2027-01-31T12:00:00Z' }),
  );

export class CreateApiKeyRequest {
  @ApiProperty({ example: 'Kitchen display', description: '1 to 100 characters, to tell keys apart' })
  @Trim()
  @Matches(/^[^\p{Cc}\p{Cf}<>]{1,100}$/u, { message: '$property must be 1 to 100 characters, without < and >' })
  name!: string;

  @ApiProperty({
    enum: API_KEY_SCOPES,
    isArray: true,
    minItems: 1,
    uniqueItems: true,
    example: ['family:read', 'member:read'],
    description: 'What it may be used for; each must be among your rights',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(API_KEY_SCOPES.length)
  @ArrayUnique()
  @IsIn(API_KEY_SCOPES, { each: true })
  scopes!: ApiKeyScope[];

  @Nullable({
    type: 'string',
    format: 'date-time',
    description: 'In the future, at most ten years; without it the key does not end',
  })
  @IsInstant()
  expires_at?: string | null;

  @Nullable({
    type: 'integer',
    minimum: 1,
    maximum: 10_000_000,
    description: 'Besides what you may ask for yourself; each day begins at midnight in the zone of the family',
  })
  @IsInt()
  @Min(1)
  @Max(10_000_000)
  max_requests_per_day?: number | null;
}
