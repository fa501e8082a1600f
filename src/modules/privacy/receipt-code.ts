import { createHash, randomBytes } from 'node:crypto';

/** A new code of a receipt: 160 bits, in letters and digits that nobody takes for others. */
export const newReceiptCode = (): string =>
  [...randomBytes(32)].map((byte) => 'abcdefghjkmnpqrstuvwxyz23456789x'.charAt(byte % 32)).join('');

/** What is kept of it. */
export const hashReceiptCode = (code: string): Buffer => createHash('sha256').update(code).digest();
