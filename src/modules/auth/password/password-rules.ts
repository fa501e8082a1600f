import { DomainError, fieldError } from '../../../platform/http/index.js';
import { isCommonPassword } from './common-passwords.js';

export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 128;

/** Every rule the password breaks, in words for the person; none when it is good. Lengths count characters, not bytes. */
export function passwordFaults(password: string, personal: readonly (string | null | undefined)[] = []): string[] {
  const length = Array.from(password).length;
  const plain = password.normalize('NFKC').toLowerCase();
  const isPersonal = personal.some(
    (word) => word && (plain === word.toLowerCase() || plain === word.toLowerCase().split('@')[0]),
  );
  return [
    ...(length < PASSWORD_MIN ? [`must have at least ${String(PASSWORD_MIN)} characters`] : []),
    ...(length > PASSWORD_MAX ? [`must have at most ${String(PASSWORD_MAX)} characters`] : []),
    ...(isCommonPassword(password) ? ['is one of the passwords that attackers try first; choose another'] : []),
    ...(isPersonal ? ['must not be your email or username'] : []),
  ];
}

/** Every broken rule of a password, one by one. */
export function weakPassword(field: string, faults: readonly string[]): DomainError {
  const error = fieldError(field, '');
  return new DomainError(
    error.code,
    { kind: 'invalid', detail: error.message },
    { errors: [{ field, messages: faults }] },
  );
}
