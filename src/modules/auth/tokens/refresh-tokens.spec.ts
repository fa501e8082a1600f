import { describe, expect, it } from '@jest/globals';
import { hashRefreshToken, newRefreshToken, newSuccessorSalt, successorOf } from './refresh-tokens.js';

describe('refresh tokens', () => {
  it('are 256 random bits each', () => {
    const tokens = Array.from({ length: 1000 }, newRefreshToken);
    expect(new Set(tokens).size).toBe(1000);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  });

  it('are stored as hashes that do not show them', () => {
    const token = newRefreshToken();
    expect(hashRefreshToken(token)).toHaveLength(32);
    expect(hashRefreshToken(token)).toEqual(hashRefreshToken(token));
    expect(hashRefreshToken(token)).not.toEqual(hashRefreshToken(newRefreshToken()));
    expect(hashRefreshToken(token).toString('base64url')).not.toBe(token);
  });

  it('have one successor per salt, which needs both the token and the salt', () => {
    const [token, salt] = [newRefreshToken(), newSuccessorSalt()];
    const next = successorOf(token, salt);
    expect(Buffer.from(next, 'base64url')).toHaveLength(32);
    expect(successorOf(token, salt)).toBe(next);
    expect(successorOf(newRefreshToken(), salt)).not.toBe(next);
    expect(successorOf(token, newSuccessorSalt())).not.toBe(next);
  });

  it('do not follow from what the database knows: hash and salt', () => {
    const [token, salt] = [newRefreshToken(), newSuccessorSalt()];
    const stored = hashRefreshToken(token);
    for (const guess of [stored.toString('base64url'), stored.toString('hex'), stored.toString('latin1')]) {
      expect(successorOf(guess, salt)).not.toBe(successorOf(token, salt));
    }
  });
});
