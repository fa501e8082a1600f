import { createHash, randomBytes } from 'node:crypto';

/** A new token of 256 random bits. */
export const newMailToken = (): string => randomBytes(32).toString('base64url');

/** What is stored of a token. */
export const hashMailToken = (token: string): Buffer => createHash('sha256').update(token).digest();
