import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { envFieldsOf } from './env.decorators.js';
import { CONFIG_CLASSES, ConfigError, loadConfig, type ConfigProblem, type Environment } from './load-config.js';

const SECRET = randomBytes(32).toString('base64url');
const OTHER = randomBytes(32).toString('base64url');
const POSTGRES = { DATABASE_URL: 'postgresql://app:pass@127.0.0.1:5432/family', JWT_SECRET_KEY: SECRET };
const FIELDS = Object.values(CONFIG_CLASSES).flatMap((Class) => envFieldsOf(Class));

const folder = mkdtempSync(join(tmpdir(), 'family-assistant-config-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function refusal(env: Environment): ConfigError {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

const problems = (env: Environment): readonly ConfigProblem[] => refusal(env).problems;
const faulty = (env: Environment): string[] => problems(env).map(({ variable }) => variable);
const messageFor = (name: string, env: Environment): string | undefined =>
  problems(env).find(({ variable }) => variable === name)?.message;

describe('without any variable', () => {
  const { server, database, auth, limits, redis, observability } = loadConfig({});

  it('the server listens on loopback only, over the embedded database', () => {
    expect(server).toMatchObject({ host: '127.0.0.1', port: 3000, nodeEnv: 'development', dataDir: './data' });
    expect(server.isLoopback).toBe(true);
    expect(server.isProduction).toBe(false);
    expect(database.isEmbedded).toBe(true);
  });

  it('everything that protects is on', () => {
    expect(limits.multiplier).toBe(1);
    expect(auth.registration).toBe('invite');
    expect(auth).toMatchObject({ argon2Memory: 19_456, argon2Passes: 2, accessTokenTtl: 600 });
    expect(server.corsOrigins).toEqual([]);
    expect(server.trustedProxies).toEqual([]);
  });

  it('nothing is asked of other servers', () => {
    expect(redis.url).toBeUndefined();
    expect(observability.otlpEndpoint).toBeUndefined();
    expect(server.managementPort).toBeUndefined();
  });
});

describe('every documented variable', () => {
  it('has a name and a description of its own', () => {
    expect(new Set(FIELDS.map(({ name }) => name)).size).toBe(FIELDS.length);
    for (const { name, description } of FIELDS) {
      expect(name).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(description).toMatch(/^.{10,}\.$/);
    }
  });

  it('that is empty counts as not set', () => {
    for (const blank of ['', ' ', '\t\n']) {
      const env = Object.fromEntries(
        FIELDS.flatMap(({ name }) => [
          [name, blank],
          [`${name}_FILE`, blank],
        ]),
      );
      expect(loadConfig(env)).toEqual(loadConfig({}));
    }
  });

  it('is read into its field', () => {
    const config = loadConfig({
      ...POSTGRES,
      NODE_ENV: 'production',
      HOST: '0.0.0.0',
      PORT: '8080',
      MANAGEMENT_PORT: '9090',
      PUBLIC_URL: 'https://family.example.org',
      CORS_ORIGINS: 'https://a.example.org, http://localhost:5173 ,',
      TRUSTED_PROXIES: '10.0.0.0/8,::1',
      DOCS_ENABLED: 'no',
      DATABASE_OWNER_URL: 'postgres://owner:pass@127.0.0.1/family',
      DATABASE_MIGRATE: 'false',
      DATABASE_TLS: 'verify',
      DATABASE_TLS_CA: '/run/ca.pem',
      JWT_SECRET_KEY_PREVIOUS: OTHER,
      REGISTRATION: 'open',
      RATE_LIMIT_MULTIPLIER: '3',
      REDIS_URL: 'rediss://:pass@127.0.0.1:6379/0',
      LOG_LEVEL: 'warn',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    });
    expect(config.server).toMatchObject({
      nodeEnv: 'production',
      host: '0.0.0.0',
      port: 8080,
      managementPort: 9090,
      publicUrl: 'https://family.example.org',
      corsOrigins: ['https://a.example.org', 'http://localhost:5173'],
      trustedProxies: ['10.0.0.0/8', '::1'],
      docsEnabled: false,
    });
    expect(config.server.isLoopback).toBe(false);
    expect(config.server.isProduction).toBe(true);
    expect(config.database).toMatchObject({
      url: POSTGRES.DATABASE_URL,
      migrate: false,
      tls: 'verify',
      tlsCa: '/run/ca.pem',
    });
    expect(config.database.isEmbedded).toBe(false);
    expect(config.auth).toMatchObject({ jwtSecret: SECRET, jwtSecretPrevious: OTHER, registration: 'open' });
    expect(config.limits.multiplier).toBe(3);
    expect(config.redis.url).toBe('rediss://:pass@127.0.0.1:6379/0');
    expect(config.observability).toMatchObject({ logLevel: 'warn', otlpEndpoint: 'http://127.0.0.1:4318' });
  });

  it('is trimmed', () => {
    expect(loadConfig({ PORT: ' 8080\n' }).server.port).toBe(8080);
  });

  it('takes the ends of its range and nothing beyond', () => {
    for (const { name, range } of FIELDS) {
      if (!range) continue;
      const [min, max] = range;
      for (const value of [min - 1, max + 1]) {
        expect(messageFor(name, { [name]: String(value) })).toBe(
          `must be a whole number from ${String(min)} to ${String(max)}`,
        );
      }
      for (const value of [min, max]) {
        const env = { [name]: String(value), REFRESH_TOKEN_TTL: '300', REMEMBER_ME_TTL: '31536000' };
        expect(() => loadConfig({ ...env, [name]: String(value) })).not.toThrow(`${name}: must be a whole number`);
      }
    }
  });

  it.each(['1.5', '1e3', '0x10', '+5', '5 0', 'ten', '1_000', 'NaN', 'Infinity', '٣'])(
    'that is a number refuses %s',
    (value) => {
      expect(faulty({ PORT: value })).toEqual(['PORT']);
    },
  );

  it.each([
    ['true', true],
    ['TRUE', true],
    ['1', true],
    ['yes', true],
    ['false', false],
    ['0', false],
    ['No', false],
  ])('that is a switch takes %s', (value, expected) => {
    expect(loadConfig({ DOCS_ENABLED: value }).server.docsEnabled).toBe(expected);
  });

  it.each(['on', 'off', '2', 'toString', '__proto__', 'constructor'])('that is a switch refuses %s', (value) => {
    expect(messageFor('DOCS_ENABLED', { DOCS_ENABLED: value })).toBe('must be true or false');
  });

  it.each([
    ['NODE_ENV', 'prod'],
    ['REGISTRATION', 'everybody'],
    ['LOG_LEVEL', 'verbose'],
    ['DATABASE_TLS', 'true'],
    ['PUBLIC_URL', 'family.example.org'],
    ['PUBLIC_URL', 'javascript:alert(1)'],
    ['PUBLIC_URL', 'https://family.example.org/app'],
    ['PUBLIC_URL', 'https://family.example.org/?a=1'],
    ['PUBLIC_URL', 'https://family.example.org/#a'],
    ['DATABASE_URL', 'mysql://root@127.0.0.1/family'],
    ['REDIS_URL', 'http://127.0.0.1'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', '127.0.0.1:4318'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://app.example.org,https://*.example.org'],
    ['CORS_ORIGINS', 'https://app.example.org/'],
    ['TRUSTED_PROXIES', 'everyone'],
  ])('%s refuses %s', (name, value) => {
    expect(faulty({ JWT_SECRET_KEY: SECRET, [name]: value })).toEqual([name]);
  });
});

describe('a refusal', () => {
  it('names every faulty variable at once', () => {
    expect(
      faulty({
        NODE_ENV: 'prod',
        PORT: '99999',
        CORS_ORIGINS: '*',
        DATABASE_URL: 'mysql://127.0.0.1',
        DATABASE_POOL_SIZE: 'many',
        JWT_SECRET_KEY: 'short',
        RATE_LIMIT_MULTIPLIER: '-1',
        REDIS_URL: 'nowhere',
        LOG_LEVEL: 'loud',
      }),
    ).toEqual([
      'NODE_ENV',
      'PORT',
      'CORS_ORIGINS',
      'DATABASE_URL',
      'DATABASE_POOL_SIZE',
      'JWT_SECRET_KEY',
      'RATE_LIMIT_MULTIPLIER',
      'REDIS_URL',
      'LOG_LEVEL',
    ]);
  });

  it('names faults of single variables and faults between them at once, each variable once', () => {
    const env = { PORT: 'x', DATABASE_OWNER_URL: 'postgresql://127.0.0.1/family', JWT_SECRET_KEY_PREVIOUS: 'short' };
    expect(faulty(env)).toEqual(['PORT', 'JWT_SECRET_KEY_PREVIOUS', 'DATABASE_OWNER_URL']);
  });

  it('says them one to a line', () => {
    expect(refusal({ PORT: 'x', LOG_LEVEL: 'loud' }).message.split('\n')).toEqual([
      'The configuration is not usable:',
      '  PORT: must be a whole number from 0 to 65535',
      expect.stringMatching(/^ {2}LOG_LEVEL: must be one of fatal, .*silent$/),
    ]);
  });

  it('never holds a value, whatever is wrong', () => {
    const marker = 'hunter2-do-not-print';
    const text = (env: Environment): string => {
      const error = refusal(env);
      return [error.message, error.stack, JSON.stringify(error), JSON.stringify(error.problems)].join('\n');
    };
    for (const { name, kind } of FIELDS) {
      if (kind === 'text' || name === 'METRICS_TOKEN') continue; // take any text
      expect(text({ [name]: marker, NODE_ENV: 'bad' })).not.toContain(marker);
    }
    expect(text({ DATABASE_URL: `mysql://app:${marker}@127.0.0.1/x` })).not.toContain(marker);
    expect(text({ JWT_SECRET_KEY_FILE: file('weak', marker) })).not.toContain(marker);
    expect(text({ ...POSTGRES, JWT_SECRET_KEY_PREVIOUS: SECRET })).not.toContain(SECRET);
  });

  it('is a ConfigError for any environment, never another error', () => {
    const name = fc.constantFrom(...FIELDS.map((field) => field.name));
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '0', '-1', 'true', ',', '://', 'http://[', '*'),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), (env) => {
        try {
          loadConfig(env);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a secret', () => {
  it.each([
    ['43 characters of base64', randomBytes(32).toString('base64url')],
    ['64 hexadecimal digits', randomBytes(32).toString('hex')],
  ])('may be %s', (_what, secret) => {
    expect(loadConfig({ JWT_SECRET_KEY: secret }).auth.jwtSecret).toBe(secret);
  });

  it.each([
    ['short', SECRET.slice(0, 31)],
    ['hexadecimal of half the length', randomBytes(16).toString('hex')],
    ['one character repeated', 'a'.repeat(64)],
    ['three characters repeated', 'abc'.repeat(20)],
  ])('must not be %s', (_what, secret) => {
    expect(messageFor('JWT_SECRET_KEY', { JWT_SECRET_KEY: secret })).toMatch(/at least 256 random bits/);
  });
});

describe('NAME_FILE', () => {
  it('gives a secret or an address from a file, without its line break', () => {
    const config = loadConfig({
      DATABASE_URL_FILE: file('url', `${POSTGRES.DATABASE_URL}\n`),
      JWT_SECRET_KEY_FILE: file('key', `${SECRET}\n`),
      METRICS_TOKEN_FILE: file('token', 'let-me-in\r\n'),
    });
    expect(config.database.url).toBe(POSTGRES.DATABASE_URL);
    expect(config.auth.jwtSecret).toBe(SECRET);
    expect(config.observability.metricsToken).toBe('let-me-in');
  });

  it('is checked like the variable itself', () => {
    expect(faulty({ JWT_SECRET_KEY_FILE: file('weak-key', 'short') })).toEqual(['JWT_SECRET_KEY']);
    expect(faulty({ JWT_SECRET_KEY_FILE: file('empty-key', '\n') })).toEqual(['JWT_SECRET_KEY']);
  });

  it('is named when it cannot be read', () => {
    const path = join(folder, 'not-there');
    expect(problems({ JWT_SECRET_KEY_FILE: path })).toEqual([
      { variable: 'JWT_SECRET_KEY_FILE', message: 'the file cannot be read (ENOENT)' },
    ]);
    expect(messageFor('JWT_SECRET_KEY_FILE', { JWT_SECRET_KEY_FILE: folder })).toBe('the file cannot be read (EISDIR)');
  });

  it('excludes the variable itself', () => {
    const env = { JWT_SECRET_KEY: SECRET, JWT_SECRET_KEY_FILE: file('other-key', OTHER) };
    expect(messageFor('JWT_SECRET_KEY', env)).toMatch(/JWT_SECRET_KEY_FILE as well/);
    expect(loadConfig({ ...env, JWT_SECRET_KEY: '' }).auth.jwtSecret).toBe(OTHER);
  });

  it('exists for secrets and addresses only', () => {
    expect(loadConfig({ PORT_FILE: '/not/there', HOST_FILE: '/not/there' })).toEqual(loadConfig({}));
  });
});

describe('between variables', () => {
  it('PostgreSQL needs a key of its own', () => {
    expect(faulty({ DATABASE_URL: POSTGRES.DATABASE_URL })).toEqual(['JWT_SECRET_KEY']);
    expect(messageFor('JWT_SECRET_KEY', { DATABASE_URL: POSTGRES.DATABASE_URL })).toMatch(/required with DATABASE_URL/);
    expect(loadConfig(POSTGRES).database.isEmbedded).toBe(false);
  });

  it('the previous key needs the current one, and differs from it', () => {
    expect(faulty({ JWT_SECRET_KEY_PREVIOUS: OTHER })).toEqual(['JWT_SECRET_KEY_PREVIOUS']);
    expect(faulty({ JWT_SECRET_KEY: SECRET, JWT_SECRET_KEY_PREVIOUS: SECRET })).toEqual(['JWT_SECRET_KEY_PREVIOUS']);
    expect(loadConfig({ JWT_SECRET_KEY: SECRET, JWT_SECRET_KEY_PREVIOUS: OTHER }).auth.jwtSecretPrevious).toBe(OTHER);
  });

  it("the owner's address needs the application's", () => {
    expect(faulty({ DATABASE_OWNER_URL: 'postgresql://owner@127.0.0.1/family' })).toEqual(['DATABASE_OWNER_URL']);
  });

  it('limits cannot be switched off in production', () => {
    expect(faulty({ NODE_ENV: 'production', RATE_LIMIT_MULTIPLIER: '0' })).toEqual(['RATE_LIMIT_MULTIPLIER']);
    expect(loadConfig({ NODE_ENV: 'test', RATE_LIMIT_MULTIPLIER: '0' }).limits.multiplier).toBe(0);
  });

  it('a mail server needs a sender, and an address for the links of mails', () => {
    const SMTP_URL = 'smtp://family:pass@mail.example.org:587';
    const PUBLIC_URL = 'https://family.example.org';
    expect(faulty({ SMTP_URL })).toEqual(['PUBLIC_URL', 'MAIL_FROM']);
    expect(
      faulty({ SMTP_URL: 'smtp://family:100%@mail.example.org:587', PUBLIC_URL: 'https://family.example.org' }),
    ).toContain('SMTP_URL');
    expect(faulty({ SMTP_URL: 'http://mail.example.org' })).toEqual(['SMTP_URL', 'PUBLIC_URL', 'MAIL_FROM']);
    for (const MAIL_FROM of ['family@example.org', 'Family Assistant <family@example.org>'])
      expect(loadConfig({ SMTP_URL, PUBLIC_URL, MAIL_FROM }).mail.from).toBe(MAIL_FROM);
    for (const MAIL_FROM of ['family', 'a@b.org, c@d.org', 'a@b.org>', 'A <a@b.org', 'A\nBcc: x <a@b.org>'])
      expect(faulty({ SMTP_URL, PUBLIC_URL, MAIL_FROM })).toEqual(['MAIL_FROM']);
  });

  it('the two ports differ', () => {
    expect(faulty({ PORT: '3000', MANAGEMENT_PORT: '3000' })).toEqual(['MANAGEMENT_PORT']);
    expect(faulty({ MANAGEMENT_PORT: '3000' })).toEqual(['MANAGEMENT_PORT']);
  });

  it('"remember me" lasts no shorter than an ordinary session', () => {
    expect(faulty({ REFRESH_TOKEN_TTL: '7200', REMEMBER_ME_TTL: '3600' })).toEqual(['REMEMBER_ME_TTL']);
    expect(loadConfig({ REFRESH_TOKEN_TTL: '3600', REMEMBER_ME_TTL: '3600' }).auth.rememberMeTtl).toBe(3600);
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.0.1.1', 'localhost', '::1'])('holds for %s', (HOST) => {
    expect(loadConfig({ HOST }).server.isLoopback).toBe(true);
  });

  it.each(['0.0.0.0', '::', '192.168.1.10', 'example.org', '127.0.0.1.example.org', 'localhost.example.org'])(
    'does not hold for %s',
    (HOST) => {
      expect(loadConfig({ HOST }).server.isLoopback).toBe(false);
    },
  );
});

describe('a language model', () => {
  it.each<[Environment, string]>([
    [{ LLM_URL: 'http://127.0.0.1:1/v1' }, 'LLM_MODEL'],
    [{ LLM_MODEL: 'small' }, 'LLM_URL'],
    [{ LLM_API_KEY: 'some-key' }, 'LLM_URL'],
    [{ LLM_URL: 'http://a:b@127.0.0.1:1/v1', LLM_MODEL: 'small' }, 'LLM_URL'],
  ])('is not set by halves: %j', (env, variable) => {
    expect(faulty(env)).toEqual([variable]);
  });

  it('is set by its address and its name', () => {
    expect(loadConfig({ LLM_URL: 'http://127.0.0.1:1/v1', LLM_MODEL: 'small' }).llm.model).toBe('small');
  });
});
