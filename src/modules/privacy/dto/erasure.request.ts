import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { IsOptionalNotNull } from '../../../platform/http/index.js';

/** How one's own account is to be erased. */
export class EraseAccountRequest {
  @ApiPropertyOptional({
    description: 'Your password; not needed within 15 minutes of a sign-in',
    example: 'correct horse battery staple',
  })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(128)
  password?: string;

  @ApiPropertyOptional({
    enum: ['erase'],
    description: 'For the last parent of others: erase the family as well, with all that anybody remembers in it',
  })
  @IsOptionalNotNull()
  @IsIn(['erase'])
  family?: 'erase';
}
