import { createHash, createHmac, randomBytes } from 'node:crypto';

/** A new opaque refresh token of 256 random bits. */
export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/** What is stored of a token. */
export const hashRefreshToken = (token: string): Buffer => createHash('sha256').update(token).digest();

export const newSuccessorSalt = (): Buffer => randomBytes(32);

/**
 * The successor of a token: HMAC-SHA-256 of a stored salt under the token itself. So the same successor can be given
 * again to whoever still holds the token, while neither the token nor the database alone yields it.
 */
export const successorOf = (token: string, salt: Buffer): string =>
  createHmac('sha256', token).update(salt).digest('base64url');
