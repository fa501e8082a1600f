import { describe, expect, it } from '@jest/globals';
import bcrypt from 'bcrypt';
import { AuthConfig } from '../../../platform/config/index.js';
import { PasswordHasher } from './password-hasher.js';

const PASSWORD = 'violet-harbour-93-teapots';

const newHasher = (settings: Partial<AuthConfig> = {}): PasswordHasher =>
  new PasswordHasher(Object.assign(new AuthConfig(), settings));

describe('PasswordHasher', () => {
  const hasher = newHasher();

  it('makes argon2id hashes of at least 19 MiB and two passes, salted', async () => {
    const [one, other] = [await hasher.hash(PASSWORD), await hasher.hash(PASSWORD)];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
    expect(await hasher.verify(one, PASSWORD)).toBe(true);
    expect(await hasher.verify(other, PASSWORD)).toBe(true);
  });

  it.each(['', `${PASSWORD} `, PASSWORD.toUpperCase(), PASSWORD.slice(1)])('refuses %j', async (wrong) => {
    expect(await hasher.verify(await hasher.hash(PASSWORD), wrong)).toBe(false);
  });

  it('tells passwords apart that differ after byte 72', async () => {
    const start = 'ñ'.repeat(40);
    const hash = await hasher.hash(`${start}one`);
    expect(await hasher.verify(hash, `${start}one`)).toBe(true);
    expect(await hasher.verify(hash, `${start}two`)).toBe(false);
  });

  it('takes the same password however it is composed', async () => {
    const hash = await hasher.hash('contraseña de Zoë'.normalize('NFD'));
    expect(await hasher.verify(hash, 'contraseña de Zoë'.normalize('NFC'))).toBe(true);
  });

  it('verifies something for nobody, and it is never right', async () => {
    expect(await hasher.verify(undefined, 'a password of nobody')).toBe(false);
  });

  it('leaves nothing out that takes time, for nobody and for what bcrypt could not read', async () => {
    // Verifying is seen by its failure: the hash of nobody is none here.
    const seen = newHasher();
    Object.assign(seen, { dummy: Promise.resolve('no hash') });
    const ofBcrypt = await bcrypt.hash(PASSWORD, 4);
    await expect(seen.verify(undefined, PASSWORD)).rejects.toThrow();
    await expect(seen.verify(ofBcrypt, 'x'.repeat(73))).rejects.toThrow();
    expect(await seen.verify(ofBcrypt, PASSWORD)).toBe(true);
    expect(await hasher.verify(ofBcrypt, 'x'.repeat(73))).toBe(false);
  });

  describe('with hashes of bcrypt', () => {
    it.each(['$2a$', '$2b$', '$2y$'])('verifies %s', async (prefix) => {
      const hash = `${prefix}${(await bcrypt.hash(PASSWORD, 4)).slice(4)}`;
      expect(await hasher.verify(hash, PASSWORD)).toBe(true);
      expect(await hasher.verify(hash, `${PASSWORD}!`)).toBe(false);
    });

    it('takes the password as it was typed then: it was not normalised', async () => {
      const hash = await bcrypt.hash('contraseña nº 1', 4);
      expect(await hasher.verify(hash, 'contraseña nº 1')).toBe(true);
    });

    it('refuses passwords of more than 72 bytes, of which bcrypt would read the first', async () => {
      const start = 'ñ'.repeat(36);
      const hash = await bcrypt.hash(start, 4);
      expect(await bcrypt.compare(`${start}!`, hash)).toBe(true); // the reason for the rule
      expect(await hasher.verify(hash, `${start}!`)).toBe(false);
      expect(await hasher.verify(hash, start)).toBe(true);
    });
  });

  it('knows which hashes were made another way than today’s', async () => {
    expect(hasher.isOutdated(await hasher.hash(PASSWORD))).toBe(false);
    expect(hasher.isOutdated(await newHasher({ argon2Passes: 3 }).hash(PASSWORD))).toBe(true);
    expect(hasher.isOutdated(await newHasher({ argon2Memory: 20_000 }).hash(PASSWORD))).toBe(true);
    expect(hasher.isOutdated(await bcrypt.hash(PASSWORD, 4))).toBe(true);
  });

  it('refuses more work than its queue holds, says when to come back, and recovers', async () => {
    const small = newHasher({ hashConcurrency: 1, hashQueue: 2 });
    const results = await Promise.allSettled(Array.from({ length: 10 }, async () => small.hash(PASSWORD)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(7);
    expect(refused.length).toBeLessThan(10);
    for (const { reason } of refused)
      expect(reason).toMatchObject({ code: 'sign_in_busy', kind: 'unavailable', retryAfter: 2 });
    expect(await small.verify(await small.hash(PASSWORD), PASSWORD)).toBe(true);
  });
});
