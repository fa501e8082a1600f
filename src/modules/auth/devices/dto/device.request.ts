import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { IsOptionalNotNull, PageQuery, Trim } from '../../../../platform/http/index.js';
import type { Delivery } from '../../session.entity.js';

const EXAMPLE_ID = '019a9c1e-0000-7000-8000-000000000000';

/** For which child or teenager. */
export class DeviceCodeRequest {
  @ApiProperty({ format: 'uuid', example: EXAMPLE_ID })
  @IsUUID()
  member_id!: string;
}

class PinFields {
  @ApiProperty({ example: '2580', description: '4 to 8 digits' })
  @IsString()
  @Matches(/^[0-9]{4,8}$/, { message: 'pin must have 4 to 8 digits' })
  pin!: string;

  @ApiPropertyOptional({
    enum: ['body', 'cookie'],
    default: 'body',
    description: '`cookie` for web apps: the tokens are set as cookies',
  })
  @IsOptionalNotNull()
  @IsIn(['body', 'cookie'])
  delivery?: Delivery;
}

export class EnrolDeviceRequest extends PinFields {
  @ApiProperty({ example: 'K7QM-3RTX', description: 'As the parent sees it; case and hyphens do not matter' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(40)
  code!: string;

  @ApiProperty({ example: 'Leo’s tablet', maxLength: 100 })
  @Trim()
  @Matches(/^[\p{L}\p{M}\p{N}\p{P}\p{Zs}]{1,100}$/u, {
    message: 'device_name must be 1 to 100 letters, digits, spaces or punctuation marks',
  })
  device_name!: string;
}

export class UnlockDeviceRequest extends PinFields {
  @ApiProperty({ example: '3q2-7wPKp0mB1sYl9xJ4nC8uT5vR6zE0aQfHdGkLiXo', description: 'From the enrolment' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  device_token!: string;
}

export class ListDevicesQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Of this member only' })
  @IsOptionalNotNull()
  @IsUUID()
  member_id?: string;
}
