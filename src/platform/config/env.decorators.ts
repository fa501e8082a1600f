import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  Validate,
  ValidateBy,
  ValidatorConstraint,
  type ValidationArguments,
  type ValidatorConstraintInterface,
} from 'class-validator';

/** What every documented environment variable says about itself; `.env.example` and the docs table are made of it. */
export interface EnvField {
  readonly property: string;
  readonly name: string;
  readonly kind: 'text' | 'integer' | 'boolean' | 'choice' | 'list' | 'url' | 'secret';
  readonly description: string;
  readonly unit?: string | undefined;
  readonly choices?: readonly string[] | undefined;
  readonly range?: readonly [number, number] | undefined;
  readonly example?: string | undefined;
}

interface TextOptions {
  description: string;
  optional?: boolean;
  example?: string;
  unit?: string;
}

const FIELDS = new Map<unknown, EnvField[]>();

/** The documented fields of a configuration class, in the order they are declared. */
export function envFieldsOf(configClass: unknown): readonly EnvField[] {
  return FIELDS.get(configClass) ?? [];
}

function field(details: Omit<EnvField, 'property'>, ...validators: PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    const owner = target.constructor;
    FIELDS.set(owner, [...(FIELDS.get(owner) ?? []), { ...details, property: String(property) }]);
    for (const validator of validators) validator(target, property);
  };
}

const maybe = (optional: boolean | undefined): PropertyDecorator[] => (optional ? [IsOptional()] : []);

/** A line of text. */
export function EnvText(name: string, options: TextOptions & { pattern?: RegExp }): PropertyDecorator {
  const { pattern, optional, ...details } = options;
  const validators = [...maybe(optional), IsString(), IsNotEmpty({ message: 'must not be empty' })];
  if (pattern) validators.push(Matches(pattern, { message: `must match ${pattern.source}` }));
  return field({ name, kind: 'text', ...details }, ...validators);
}

/** A whole number between `min` and `max`, in `unit`. */
export function EnvInteger(name: string, options: TextOptions & { min: number; max: number }): PropertyDecorator {
  const { min, max, optional, ...details } = options;
  const message = `must be a whole number from ${String(min)} to ${String(max)}`;
  return field(
    { name, kind: 'integer', range: [min, max], ...details },
    ...maybe(optional),
    IsInt({ message }),
    Min(min, { message }),
    Max(max, { message }),
  );
}

/** `true` or `false` (also `1`, `0`, `yes`, `no`). */
export function EnvBoolean(name: string, options: TextOptions): PropertyDecorator {
  return field({ name, kind: 'boolean', ...options }, IsBoolean({ message: 'must be true or false' }));
}

/** One of a fixed set of words. */
export function EnvChoice(name: string, options: TextOptions & { choices: readonly string[] }): PropertyDecorator {
  const { optional, ...details } = options;
  return field(
    { name, kind: 'choice', ...details },
    ...maybe(optional),
    IsIn([...options.choices], { message: `must be one of ${options.choices.join(', ')}` }),
  );
}

/** Values separated by commas. */
export function EnvList(
  name: string,
  options: TextOptions & { each: RegExp | ((value: string) => boolean); says: string },
): PropertyDecorator {
  const { each, says, ...details } = options;
  const fits = each instanceof RegExp ? (value: string): boolean => each.test(value) : each;
  const validators = [
    IsString({ each: true }),
    ValidateBy(
      {
        name: 'eachFits',
        validator: { validate: (value) => typeof value === 'string' && fits(value), defaultMessage: () => says },
      },
      { each: true },
    ),
  ];
  return field({ name, kind: 'list', ...details }, ...validators);
}

@ValidatorConstraint({ name: 'urlOf' })
class UrlOf implements ValidatorConstraintInterface {
  validate(value: unknown, { constraints }: ValidationArguments): boolean {
    return typeof value === 'string' && URL.canParse(value) && constraints.includes(new URL(value).protocol);
  }
  defaultMessage({ constraints }: ValidationArguments): string {
    return `must be a URL that starts with ${constraints.map((protocol) => `${String(protocol)}//`).join(' or ')}`;
  }
}

@ValidatorConstraint({ name: 'urlOrigin' })
class UrlOrigin implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value !== 'string' || !URL.canParse(value)) return true;
    const { pathname, search, hash } = new URL(value);
    return `${pathname}${search}${hash}` === '/' && !/[?#]$/.test(value);
  }
  defaultMessage(): string {
    return 'must be an origin without a path, such as https://family.example.org';
  }
}

@ValidatorConstraint({ name: 'urlCredentials' })
class UrlCredentials implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value !== 'string' || !URL.canParse(value)) return true;
    const { username, password } = new URL(value);
    try {
      return [username, password].map(decodeURIComponent).length === 2;
    } catch {
      return false;
    }
  }
  defaultMessage(): string {
    return 'has a % in its name or password that stands for nothing: write it as %25';
  }
}

@ValidatorConstraint({ name: 'urlNoTls' })
class UrlNoTls implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value !== 'string' || !URL.canParse(value)) return true;
    return ![...new URL(value).searchParams.keys()].some((key) => /^(ssl|uselibpqcompat)/i.test(key));
  }
  defaultMessage({ constraints: [setting] }: ValidationArguments): string {
    return `says how to encrypt, which ${String(setting)} does: take ?sslmode= and its like away and set that`;
  }
}

/** A URL with one of the given protocols (`postgresql:`, ...). May hold a password, so it is never printed. */
export function EnvUrl(
  name: string,
  options: TextOptions & { protocols: readonly string[]; isOrigin?: boolean; tls?: string },
): PropertyDecorator {
  const { protocols, optional, isOrigin = false, tls, ...details } = options;
  return field(
    { name, kind: 'url', ...details },
    ...maybe(optional),
    Validate(UrlOf, [...protocols]),
    Validate(UrlCredentials),
    ...(isOrigin ? [Validate(UrlOrigin)] : []),
    // The driver follows the address before the setting; one of them must be the place to look.
    ...(tls === undefined ? [] : [Validate(UrlNoTls, [tls])]),
  );
}

/** Bytes a secret must have at the least: 256 bits. */
export const SECRET_BYTES = 32;

@ValidatorConstraint({ name: 'strongSecret' })
class StrongSecret implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && secretBytes(value) >= SECRET_BYTES && new Set(value).size >= 10;
  }
  defaultMessage(): string {
    return 'must hold at least 256 random bits (make one: openssl rand -base64 32)';
  }
}

/** Bytes of randomness a secret can carry at most: a hexadecimal digit counts 4 bits, any other character 8. */
export function secretBytes(value: string): number {
  return /^[0-9a-f]+$/i.test(value) ? value.length / 2 : Buffer.byteLength(value);
}

/** A key or password. Never printed; may be given as a file by `NAME_FILE`. `strong` asks for 256 bits. */
export function EnvSecret(name: string, options: TextOptions & { strong?: boolean }): PropertyDecorator {
  const { strong, optional, ...details } = options;
  const validators = [
    ...maybe(optional),
    strong ? Validate(StrongSecret) : IsNotEmpty({ message: 'must not be empty' }),
  ];
  return field({ name, kind: 'secret', ...details }, ...validators);
}
