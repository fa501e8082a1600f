import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { IsInstant, IsOptionalNotNull, Trim } from '../../../platform/http/index.js';
import { MATCHER_OPERATORS, type MatcherOperator } from '../delivery/index.js';
import { MOST_MATCHERS } from '../silences/silence.policy.js';

/** One condition on a label. */
export class MatcherRequest {
  @ApiProperty({ example: 'alertname', maxLength: 128, description: 'Name of a label; `alertname` and `severity` too' })
  @Matches(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, {
    message: 'name must be letters, digits and _, and begin with none of them',
  })
  name!: string;

  @ApiProperty({ enum: MATCHER_OPERATORS, example: '=' })
  @IsIn(MATCHER_OPERATORS)
  operator!: MatcherOperator;

  @ApiProperty({
    example: 'DiskLow',
    maxLength: 512,
    description: 'What the label is compared with; with `=~` and `!~` a pattern of RE2 for the whole of it',
  })
  @IsString()
  @MaxLength(512)
  value!: string;
}

/** A silence to be: nobody is told of alerts that all of its matchers fit. */
export class CreateSilenceRequest {
  @ApiProperty({
    type: [MatcherRequest],
    minItems: 1,
    maxItems: MOST_MATCHERS,
    example: [{ name: 'alertname', operator: '=', value: 'DiskLow' }],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_MATCHERS)
  @ValidateNested({ each: true })
  @Type(() => MatcherRequest)
  matchers!: MatcherRequest[];

  @ApiProperty({
    example: 'A new disk comes on Friday',
    maxLength: 1000,
    description: 'Why; for those who wonder later',
  })
  @Trim()
  @IsString()
  @Length(1, 1000)
  comment!: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not before now, which is the default' })
  @IsOptionalNotNull()
  @IsInstant()
  starts_at?: string;

  @ApiProperty({
    format: 'date-time',
    example: '2027-01-31T08:00:00Z',
    description: 'In the future, within a year',
  })
  @IsInstant()
  ends_at!: string;
}
