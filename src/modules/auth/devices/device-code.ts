import { createHash, randomBytes, randomInt } from 'node:crypto';

/** No 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, U and V: read from a screen by a child. */
const ALPHABET = '34679ACDEFGHJKMNPQRTWXY';
const LENGTH = 8;

/** A new code of 8 letters, 36 random bits, as `K7QM-3RTX`. */
export function newDeviceCode(): string {
  const letters = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)] ?? '').join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** SHA-256 of a code as people type it: case, spaces and hyphens do not matter. */
export const hashDeviceCode = (code: string): Buffer =>
  createHash('sha256')
    .update(code.toUpperCase().replaceAll(/[^0-9A-Z]/g, ''))
    .digest();

/** What a device proves itself with, 256 random bits; worthless without the PIN. */
export const newDeviceToken = (): string => randomBytes(32).toString('base64url');

/** What is stored of it. */
export const hashDeviceToken = (token: string): Buffer => createHash('sha256').update(token).digest();
