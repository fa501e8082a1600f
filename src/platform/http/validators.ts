import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, Matches, registerDecorator, ValidateIf, type ValidationOptions } from 'class-validator';

/** Composed (NFC), without white space around it, and with single spaces inside. */
export const tidy = (text: string): string => text.normalize('NFC').trim().replaceAll(/\s+/gu, ' ');

/** Tidies a text. Other values pass as they are. */
export function Trim(): PropertyDecorator {
  return Transform(({ value }) => (typeof value === 'string' ? tidy(value) : (value as unknown)));
}

/** May be left out, but not null. */
export function IsOptionalNotNull(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

export const PERSON_NAME = /^[\p{L}\p{M}\p{N}\p{Zs}'’´`.,()-]{1,100}$/u;

/** A person's name: letters of any script, marks, spaces, apostrophes, hyphens, dots; 1 to 100 characters. */
export function IsPersonName(): PropertyDecorator {
  return applyDecorators(
    Trim(),
    Matches(PERSON_NAME, {
      message: '$property must be 1 to 100 letters (of any script), spaces, apostrophes, hyphens or dots',
    }),
  );
}

function check(
  name: string,
  message: string,
  accepts: (value: unknown) => boolean,
  options?: ValidationOptions,
): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(property),
      ...(options ? { options } : {}),
      validator: { validate: accepts, defaultMessage: () => message },
    });
  };
}

/** A calendar day `YYYY-MM-DD` that exists, not before 1900 and not in the future (a day's grace for time zones). */
export function isPastDate(value: unknown): boolean {
  if (typeof value !== 'string' || !/^(19|2\d)\d\d-\d\d-\d\d$/.test(value)) return false;
  const time = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value) && time <= Date.now() + 86_400_000;
}

export const IsBirthDate = (): PropertyDecorator =>
  check('isBirthDate', '$property must be a day that exists, YYYY-MM-DD, from 1900 until today', isPastDate);

/** Names are tried, because Node lists each zone under one of its names only: Asia/Calcutta, but not Asia/Kolkata. */
export function isTimeZone(value: unknown): boolean {
  if (typeof value !== 'string' || !/^[A-Z][A-Za-z0-9_+/-]{1,63}$/.test(value)) return false;
  try {
    Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

/** An IANA time zone, as Europe/Madrid. */
export const IsTimeZoneName = (): PropertyDecorator =>
  check('isTimeZoneName', '$property must be an IANA time zone such as Europe/Madrid', isTimeZone);

/** A Telegram id: a positive whole number of at most 52 bits; digits in a text are taken as well. */
export function IsTelegramId(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) =>
      typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : (value as unknown),
    ),
    check(
      'isTelegramId',
      '$property must be a Telegram id: a positive whole number',
      (value) => typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value < 2 ** 52,
    ),
  );
}

/** A documented field that may be null, which empties it. */
export function Nullable(options: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    ApiProperty({ required: false, nullable: true, ...options } as ApiPropertyOptions),
  );
}
