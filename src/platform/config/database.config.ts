import { EnvBoolean, EnvChoice, EnvInteger, EnvText, EnvUrl } from './env.decorators.js';

const PROTOCOLS = ['postgres:', 'postgresql:'] as const;

/** The database: PostgreSQL 15-18 when an address is given, otherwise the embedded one in `DATA_DIR`. */
export class DatabaseConfig {
  @EnvUrl('DATABASE_URL', {
    description: 'PostgreSQL to use instead of the embedded database, signed in as the application.',
    optional: true,
    protocols: PROTOCOLS,
    tls: 'DATABASE_TLS',
    example: 'postgresql://family_app:password@127.0.0.1:5432/family',
  })
  url?: string;

  @EnvUrl('DATABASE_OWNER_URL', {
    description:
      'The same database, signed in as the owner of the tables: used by migrations only. Default: `DATABASE_URL`.',
    optional: true,
    protocols: PROTOCOLS,
    tls: 'DATABASE_TLS',
    example: 'postgresql://family_owner:password@127.0.0.1:5432/family',
  })
  ownerUrl?: string;

  @EnvBoolean('DATABASE_MIGRATE', {
    description:
      'Apply pending migrations at start, under a lock. Otherwise the start is refused while any is pending.',
  })
  migrate = true;

  @EnvInteger('DATABASE_POOL_SIZE', {
    description: 'Connections to PostgreSQL. The embedded database has one.',
    min: 2,
    max: 500,
  })
  poolSize = 20;

  @EnvInteger('DATABASE_CONNECT_TIMEOUT', {
    description: 'Longest wait for a connection, new or from the pool; then the request is answered with 503.',
    unit: 'milliseconds',
    min: 100,
    max: 60_000,
  })
  connectTimeout = 5000;

  @EnvInteger('DATABASE_START_TIMEOUT', {
    description: 'How long the start waits for a database that does not answer yet.',
    unit: 'seconds',
    min: 0,
    max: 600,
  })
  startTimeout = 30;

  @EnvInteger('DATABASE_STATEMENT_TIMEOUT', {
    description: 'Longest run of one statement.',
    unit: 'milliseconds',
    min: 100,
    max: 600_000,
  })
  statementTimeout = 15_000;

  @EnvInteger('DATABASE_SLOW_STATEMENT', {
    description: 'Statements that take longer are logged, without their values, at most 20 a minute; 0 for never.',
    unit: 'milliseconds',
    min: 0,
    max: 600_000,
  })
  slowStatement = 1000;

  @EnvInteger('DATABASE_IDLE_TIMEOUT', {
    description: 'Idle connections are closed after this; idle transactions are ended after it.',
    unit: 'milliseconds',
    min: 1000,
    max: 3_600_000,
  })
  idleTimeout = 60_000;

  @EnvInteger('DATABASE_CHECK_AFTER', {
    description: 'A connection that has been idle this long is checked before it is used.',
    unit: 'milliseconds',
    min: 0,
    max: 600_000,
  })
  checkAfter = 5000;

  @EnvChoice('DATABASE_TLS', {
    description: '`require` encrypts, `verify` also checks the certificate of the server.',
    choices: ['off', 'require', 'verify'],
  })
  tls: 'off' | 'require' | 'verify' = 'off';

  @EnvText('DATABASE_TLS_CA', {
    description: 'File of the certificate authority for `DATABASE_TLS=verify`. Default: those of the system.',
    optional: true,
    example: '/run/secrets/database-ca.pem',
  })
  tlsCa?: string;

  /** Whether the embedded database is used. */
  get isEmbedded(): boolean {
    return this.url === undefined;
  }
}
