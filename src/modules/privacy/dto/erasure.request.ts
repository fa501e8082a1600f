import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { IsOptionalNotNull } from '../../../platform/http/index.js';

/** How the account of a child is to be erased. */
export class EraseMemberRequest {
  @ApiPropertyOptional({
    description: 'Your password; not needed within 15 minutes of a sign-in',
    example: 'correct horse battery staple',
  })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(128)
  password?: string;
}

/** How an account is to be erased. */
export class EraseAccountRequest extends EraseMemberRequest {
  @ApiPropertyOptional({
    enum: ['erase'],
    description: 'For the last parent of others: erase the family as well, with all that anybody remembers in it',
  })
  @IsOptionalNotNull()
  @IsIn(['erase'])
  family?: 'erase';
}
