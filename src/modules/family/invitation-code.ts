import { createHash, randomInt } from 'node:crypto';

/** Crockford's base 32: no I, L, O, U, so that a code survives handwriting and the telephone. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 12;

/** A new code of 60 random bits, as `7K2M-9QXA-R4TD`. */
export function newInvitationCode(): string {
  const letters = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)] ?? '');
  return letters.join('').replace(/(....)(....)(....)/, '$1-$2-$3');
}

/** SHA-256 of a code as people type it: case, spaces and hyphens do not matter, O counts as 0, I and L as 1. */
export function hashInvitationCode(code: string): Buffer {
  const letters = code
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  return createHash('sha256').update(letters).digest();
}
