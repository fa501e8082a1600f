import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

/** How one's own account is to be erased. */
export class EraseAccountRequest {
  @ApiPropertyOptional({
    description: 'Your password; not needed within 15 minutes of a sign-in',
    example: 'correct horse battery staple',
  })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  password?: string;

  @ApiPropertyOptional({
    enum: ['erase'],
    description: 'For the last parent of others: erase the family as well, with all that anybody remembers in it',
  })
  @IsOptional()
  @IsIn(['erase'])
  family?: 'erase';
}
