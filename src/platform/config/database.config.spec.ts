import { describe, expect, it } from '@jest/globals';
import { loadConfig, type ConfigError, type Environment } from './load-config.js';

function refusedBy(env: Environment): readonly string[] {
  try {
    loadConfig({ JWT_SECRET_KEY: 'kq3Vx0b9s6TgYw2mNp8RzL4cJf7HdAuE1oXiQ5vKt-M', ...env });
    return [];
  } catch (error) {
    return (error as ConfigError).problems.map(({ variable }) => variable);
  }
}

describe('the address of the database', () => {
  it.each([
    ['DATABASE_URL', 'postgresql://a:b@127.0.0.1/family?sslmode=disable'],
    ['DATABASE_OWNER_URL', 'postgresql://a:b@127.0.0.1/family?application_name=x&sslrootcert=/a.pem'],
    ['DATABASE_URL', 'postgresql://a:b@127.0.0.1/family?ssl=0'],
  ])('does not say how to encrypt, as DATABASE_TLS does: %s %s', (name, value) => {
    expect(refusedBy({ [name]: value })).toEqual([name]);
  });

  it('may say other things', () => {
    expect(refusedBy({ DATABASE_URL: 'postgresql://a:b@127.0.0.1/family?application_name=x' })).toEqual([]);
  });
});
