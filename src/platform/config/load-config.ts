import { readFileSync } from 'node:fs';
import { validateSync } from 'class-validator';
import { AlertingWatchConfig } from './alerting-watch.config.js';
import { AlertingConfig } from './alerting.config.js';
import { AlertingRulesConfig } from './alerting-rules.config.js';
import { AuditConfig } from './audit.config.js';
import { AuthConfig } from './auth.config.js';
import { BackupConfig } from './backup.config.js';
import { DatabaseConfig } from './database.config.js';
import { EmbeddingConfig } from './embedding.config.js';
import { envFieldsOf, type EnvField } from './env.decorators.js';
import { JobsConfig } from './jobs.config.js';
import { LimitsConfig } from './limits.config.js';
import { LlmConfig } from './llm.config.js';
import { MailConfig } from './mail.config.js';
import { ObservabilityConfig } from './observability.config.js';
import { ProvidersConfig } from './providers.config.js';
import { PrivacyConfig } from './privacy.config.js';
import { RedisConfig } from './redis.config.js';
import { ServerConfig } from './server.config.js';
import { TelegramConfig } from './telegram.config.js';

/** One class per concern, in the order in which the documentation lists them. */
export const CONFIG_CLASSES = {
  server: ServerConfig,
  database: DatabaseConfig,
  auth: AuthConfig,
  providers: ProvidersConfig,
  telegram: TelegramConfig,
  mail: MailConfig,
  limits: LimitsConfig,
  redis: RedisConfig,
  embedding: EmbeddingConfig,
  llm: LlmConfig,
  jobs: JobsConfig,
  audit: AuditConfig,
  privacy: PrivacyConfig,
  backup: BackupConfig,
  alerting: AlertingConfig,
  alertingWatch: AlertingWatchConfig,
  observability: ObservabilityConfig,
  alertingRules: AlertingRulesConfig,
} as const;

export type AppConfig = { readonly [K in keyof typeof CONFIG_CLASSES]: InstanceType<(typeof CONFIG_CLASSES)[K]> };
export type Environment = Readonly<Record<string, string | undefined>>;
export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
}

/** Every faulty variable at once. Holds names and rules, never a value. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(['The configuration is not usable:', ...problems.map((p) => `  ${p.variable}: ${p.message}`)].join('\n'));
    this.name = 'ConfigError';
  }
}

/**
 * Reads the whole configuration from environment variables. An empty variable counts as not set.
 * @throws ConfigError naming every missing or bad variable
 */
export function loadConfig(env: Environment = process.env): AppConfig {
  const problems: ConfigProblem[] = [];
  const classes: [string, new () => object][] = Object.entries(CONFIG_CLASSES);
  const entries = classes.map(([key, Class]) => [key, read(Class, env, problems)]);
  const config = Object.fromEntries(entries) as AppConfig;
  problems.push(...crossChecks(config, problems));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function read<T extends object>(Class: new () => T, env: Environment, problems: ConfigProblem[]): T {
  const instance = new Class();
  const fields = envFieldsOf(Class);
  for (const field of fields) {
    const raw = rawValue(field, env, problems);
    if (raw !== undefined) Reflect.set(instance, field.property, parse(field, raw));
  }
  for (const error of validateSync(instance, { forbidUnknownValues: false })) {
    const field = fields.find((candidate) => candidate.property === error.property);
    const message = Object.values(error.constraints ?? {})[0] ?? 'is not valid';
    if (field) problems.push({ variable: field.name, message });
  }
  return instance;
}

function rawValue(field: EnvField, env: Environment, problems: ConfigProblem[]): string | undefined {
  const value = env[field.name]?.trim();
  const file = env[`${field.name}_FILE`]?.trim();
  if (!file || !['secret', 'url'].includes(field.kind)) return value === '' ? undefined : value;
  if (value) {
    problems.push({ variable: field.name, message: `is set, and ${field.name}_FILE as well: use one of them` });
    return value;
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    problems.push({ variable: `${field.name}_FILE`, message: `the file cannot be read (${code})` });
    return undefined;
  }
}

function parse(field: EnvField, raw: string): unknown {
  switch (field.kind) {
    case 'integer':
      return /^-?\d+$/.test(raw) ? Number(raw) : Number.NaN;
    case 'boolean':
      return { true: true, 1: true, yes: true, false: false, 0: false, no: false }[raw.toLowerCase()] ?? raw;
    case 'list':
      return raw
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    default:
      return raw;
  }
}

function crossChecks(config: AppConfig, known: readonly ConfigProblem[]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const add = (variable: string, message: string): void => {
    if (!known.some((problem) => problem.variable === variable)) problems.push({ variable, message });
  };
  const { server, database, auth, mail, telegram, providers, limits, embedding, llm, backup, privacy } = config;
  const { observability, alerting, alertingRules, alertingWatch } = config;
  if (!database.isEmbedded && !auth.jwtSecret) {
    add(
      'JWT_SECRET_KEY',
      'is required with DATABASE_URL: at least 256 random bits (make one: openssl rand -base64 32)',
    );
  }
  if (auth.jwtSecretPrevious && auth.jwtSecretPrevious === auth.jwtSecret) {
    add('JWT_SECRET_KEY_PREVIOUS', 'must differ from JWT_SECRET_KEY');
  }
  if (auth.jwtSecretPrevious && !auth.jwtSecret) add('JWT_SECRET_KEY_PREVIOUS', 'needs JWT_SECRET_KEY beside it');
  if (database.ownerUrl && !database.url) add('DATABASE_OWNER_URL', 'needs DATABASE_URL beside it');
  if (mail.smtpUrl && !server.publicUrl) {
    add('PUBLIC_URL', 'is required with SMTP_URL: the links in mails are built from it alone');
  }
  if (mail.smtpUrl && mail.from === new MailConfig().from) {
    add('MAIL_FROM', 'is required with SMTP_URL: an address that the mail server accepts as sender');
  }
  if (server.isProduction && limits.multiplier === 0) {
    add('RATE_LIMIT_MULTIPLIER', 'must not be 0 in production: limits cannot be switched off there');
  }
  if (server.managementPort && server.managementPort === server.port) add('MANAGEMENT_PORT', 'must differ from PORT');
  if (auth.rememberMeTtl < auth.refreshTokenTtl) {
    add('REMEMBER_ME_TTL', 'must not be shorter than REFRESH_TOKEN_TTL');
  }
  const others = [
    ...providers.problems(server),
    ...embedding.problems(),
    ...llm.problems(),
    ...backup.problems(database, privacy),
    ...observability.problems(),
    ...alerting.problems(mail, telegram),
    ...alertingRules.problems(),
    ...alertingWatch.problems(),
  ];
  for (const [variable, message] of others) {
    add(variable, message);
  }
  return problems;
}
