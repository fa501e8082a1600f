import { trace } from '@opentelemetry/api';
import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import type { AppConfig, LogLevel } from '../config/index.js';
import { sqlState, constraintOf } from '../database/database.errors.js';
import { requestContext } from '../http/request-context.js';

/** Names under which a secret or a person's words might be logged by mistake; their values are cut out at any of three depths. */
const SECRET_FIELDS = [
  'password',
  'new_password',
  'access_token',
  'refresh_token',
  'token',
  'authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'key_secret',
  'setup_token',
  'code',
  'pin',
  'secret',
  'email',
  'content',
  'parameters',
];
const REDACTED = SECRET_FIELDS.filter((name) => name !== 'code').flatMap((name) => [
  `["${name}"]`,
  `*["${name}"]`,
  `*.*["${name}"]`,
]);

const DEFAULT_LEVELS = { development: 'debug', test: 'warn', production: 'info' } as const;

/** The logger of the process: JSON lines with request, trace and span ids, without secrets. */
export function createLogger(
  { server, observability }: Pick<AppConfig, 'server' | 'observability'>,
  destination?: DestinationStream,
): Logger {
  const base = observability.logLevel ?? DEFAULT_LEVELS[server.nodeEnv];
  const options: LoggerOptions = {
    ...levelsOf(base, observability.componentLevels),
    base: { service: observability.serviceName },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[redacted]' },
    serializers: { err: describeError },
    mixin: correlation,
  };
  return pino(options, destination ?? standardOutput());
}

/** Severity of a level; nothing is as severe as `silent`. */
const severity = (level: LogLevel): number => (level === 'silent' ? Infinity : (pino.levels.values[level] ?? 0));

/** The least level of any component is that of the logger; what a line of each component needs is asked line by line. */
function levelsOf(base: LogLevel, components: ReadonlyMap<string, LogLevel>): Pick<LoggerOptions, 'level' | 'hooks'> {
  if (components.size === 0) return { level: base };
  const [least = base] = [base, ...components.values()].toSorted((one, other) => severity(one) - severity(other));
  return {
    level: least,
    hooks: {
      logMethod(args, method, level) {
        const [first] = args as unknown[];
        const { context } = (typeof first === 'object' && first !== null ? first : {}) as { context?: unknown };
        const own = typeof context === 'string' ? components.get(context.toLowerCase()) : undefined;
        if (level >= severity(own ?? base)) method.apply(this, args);
      },
    },
  };
}

/** Standard output, written beside the event loop: a line costs no system call of its own. What is left is written at exit. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: false });
  process.once('exit', () => {
    output.flushSync();
  });
  return output;
}

/** Most jobs of a batch that a line names. */
const NAMED_JOBS = 10;

/** Ids that tie a line to its request, or to the job and the request that caused it, to the person, and to the running trace. */
function correlation(): Record<string, string | readonly string[]> {
  const context = requestContext.get();
  const span = trace.getActiveSpan()?.spanContext();
  return {
    ...(context ? { request_id: context.requestId } : {}),
    ...(context?.job ? jobFields(context.job) : {}),
    ...(context?.userId ? { user_id: context.userId } : {}),
    ...(context?.apiKeyId ? { api_key_id: context.apiKeyId } : {}),
    ...(span ? { trace_id: span.traceId, span_id: span.spanId } : {}),
  };
}

function jobFields({
  queue,
  ids,
}: {
  queue: string;
  ids: readonly string[];
}): Record<string, string | readonly string[]> {
  const [id, ...others] = ids;
  if (id === undefined) return { queue };
  return others.length === 0 ? { queue, job_id: id } : { queue, job_ids: ids.slice(0, NAMED_JOBS) };
}

/** An error as it may be logged. Of a database error the message stays out: it quotes values. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const state = sqlState(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.constructor.name,
    ...(state === undefined ? { message: error.message } : { code: state, constraint: constraintOf(error) }),
    stack: frames.slice(0, 20).join('\n'),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
