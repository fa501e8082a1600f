import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;

const keyOf = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'family-assistant sealed cache entry', 32));

/** Encrypts a text (AES-256-GCM: nonce, tag, ciphertext), bound to the place where it is kept. */
export function seal(text: string, secret: string, place: string): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, keyOf(secret), nonce).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** The text; undefined for what was sealed with another secret, for another place, or was tampered with. */
export function open(sealed: Buffer, secret: string, place: string): string | undefined {
  if (sealed.length < NONCE + TAG) return undefined;
  try {
    const cipher = createDecipheriv(CIPHER, keyOf(secret), sealed.subarray(0, NONCE), { authTagLength: TAG })
      .setAuthTag(sealed.subarray(NONCE, NONCE + TAG))
      .setAAD(Buffer.from(place));
    return Buffer.concat([cipher.update(sealed.subarray(NONCE + TAG)), cipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
