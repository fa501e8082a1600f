import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'fa_live_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 30;
/** Enough for 32 bits in base 62. */
const CHECKSUM_LENGTH = 6;
const KEY = new RegExp(`^${PREFIX}[0-9A-Za-z]{${String(RANDOM_LENGTH + CHECKSUM_LENGTH)}}$`);

/** A new secret: `fa_live_`, 30 random characters (178 bits) and their checksum. */
export function newApiKey(): string {
  const random = Array.from({ length: RANDOM_LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
  return withChecksum(PREFIX + random);
}

/**
 * What the database knows of a secret: its SHA-256. Undefined for what cannot be one by its form or its checksum, so that
 * typing errors, and what scanners find, cost nothing.
 */
export function hashOfApiKey(secret: string): Buffer | undefined {
  if (!KEY.test(secret) || withChecksum(secret.slice(0, -CHECKSUM_LENGTH)) !== secret) return undefined;
  return createHash('sha256').update(secret).digest();
}

/** First characters of the random part, by which people tell their keys apart. */
export const hintOf = (secret: string): string => secret.slice(PREFIX.length, PREFIX.length + 4);

/** Appends CRC-32 (IEEE 802.3) in base 62, padded with zeros. */
function withChecksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    digits = ALPHABET.charAt(rest % ALPHABET.length) + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text + digits;
}
