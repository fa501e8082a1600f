import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { normaliseEmail } from '../../sign-in-name.js';
import { PASSWORD_MAX, PASSWORD_MIN } from '../../password/password-rules.js';

class EmailField {
  @ApiProperty({ format: 'email', example: 'maria@example.org' })
  @Transform(({ value }) => (typeof value === 'string' ? normaliseEmail(value) : (value as unknown)))
  @IsEmail({}, { message: 'email must be an email address' })
  @MaxLength(254)
  email!: string;
}

class TokenField {
  @ApiProperty({
    example: '3q2-7wPKp0mB1sYl9xJ4nC8uT5vR6zE0aQfHdGkLiXo',
    description: 'What comes after # in the link',
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  token!: string;
}

/** Whose password is forgotten. */
export class ForgotPasswordRequest extends EmailField {}

export class ResetPasswordRequest extends TokenField {
  @ApiProperty({ minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX, example: 'copper-lantern-27-orchards' })
  @IsString()
  new_password!: string;
}

export class ConfirmEmailRequest extends TokenField {}

/** The new address, and the password of the account. */
export class ChangeEmailRequest extends EmailField {
  @ApiProperty({ example: 'violet-harbour-93-teapots' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(1024)
  password!: string;
}
