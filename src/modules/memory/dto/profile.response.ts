import { ApiProperty, ApiSchema, type ApiPropertyOptions } from '@nestjs/swagger';
import { FAMILY_ROLES, type FamilyRole } from '../../../platform/security/index.js';
import { PROFILE_FIELDS, type ProfileField } from '../facts/index.js';

const VALUE: ApiPropertyOptions = {
  nullable: true,
  oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
  example: 'Lisbon',
};

/** One field of a profile; all of it null where nothing is known. */
export class ProfileFieldResponse {
  @ApiProperty(VALUE)
  value!: string | readonly string[] | null;

  @ApiProperty({ type: 'number', nullable: true, minimum: 0, maximum: 1 })
  confidence!: number | null;

  @ApiProperty({
    type: 'string',
    format: 'uuid',
    nullable: true,
    description: 'The memory it comes from; null where the account or the family says it',
  })
  source_memory_id!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  updated_at!: string | null;
}

/** Who somebody is; the 27 fields stand beside these. */
@ApiSchema({ name: 'MemberProfileResponse' })
export class PersonResponse {
  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  user_id!: string | null;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  member_id!: string | null;

  @ApiProperty({ example: 'Leo Núñez' })
  name!: string;

  @ApiProperty({ enum: ['en', 'es', 'bilingual'] })
  language!: string;

  @ApiProperty({ enum: FAMILY_ROLES, nullable: true, type: 'string' })
  role!: FamilyRole | null;
}

/** Who somebody is: 27 fields, each with its source, as far as the reader may know. */
export type MemberProfileResponse = PersonResponse & Readonly<Record<ProfileField, ProfileFieldResponse>>;

for (const field of PROFILE_FIELDS) {
  ApiProperty({ type: () => ProfileFieldResponse })(PersonResponse.prototype, field);
}
