import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { Matches } from 'class-validator';

/** 3 to 32 of a-z, 0-9, dot, hyphen, underscore, beginning with a letter; capitals are folded. */
export function IsUsername(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) =>
      typeof value === 'string' ? value.normalize('NFKC').trim().toLowerCase() : (value as unknown),
    ),
    Matches(/^[a-z][a-z0-9._-]{2,31}$/, {
      message: '$property must be 3 to 32 of a-z, 0-9, dot, hyphen, underscore, beginning with a letter',
    }),
  );
}
