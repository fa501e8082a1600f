import { describe, expect, it } from '@jest/globals';
import { loadConfig, type Environment } from '../config/index.js';
import { requestContext } from '../http/request-context.js';
import { createLogger } from './logger.js';

/** What one call writes. */
function written(log: (logger: ReturnType<typeof createLogger>) => void, env: Environment = {}): string {
  let text = '';
  const config = loadConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: 'trace',
    DATABASE_URL: 'postgres://x/y',
    JWT_SECRET_KEY: SECRET,
    ...env,
  });
  log(createLogger(config, { write: (line: string): void => void (text += line) }));
  return text;
}

const SECRET = 'kq3Vx0b9s6TgYw2mNp8RzL4cJf7HdAuE1oXiQ5vKt-M';

describe('the logger', () => {
  it('a line stays one line, whatever is written into it', () => {
    const evil = 'x\n{"level":"info","msg":"forged"}\r\n\u2028\u001b[31m\u0000';
    const text = written((logger) => {
      logger.info({ name: evil, nested: { [evil]: evil } }, evil);
    });
    expect(text.endsWith('\n')).toBe(true);
    expect(Array.from(text.trimEnd()).filter((letter) => letter < ' ')).toEqual([]);
    expect(JSON.parse(text)).toMatchObject({ level: 'info', msg: evil, name: evil });
  });

  it('tells the time in UTC', () => {
    const { time } = JSON.parse(
      written((logger) => {
        logger.info('now');
      }),
    ) as { time: string };
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
  });

  it('cuts secrets out at three depths', () => {
    const secrets = { password: SECRET, refresh_token: SECRET, authorization: SECRET, content: SECRET, email: SECRET };
    const text = written((logger) => {
      logger.warn({ ...secrets, one: { ...secrets, two: secrets } }, 'as it may happen');
    });
    expect(text).not.toContain(SECRET);
    expect(text).toContain('[redacted]');
  });

  it('has a level for each component that is named, and another one for the rest', () => {
    const text = written(
      (logger) => {
        for (const context of ['http', 'Jobs', 'Mail', undefined]) {
          const fields = context === undefined ? {} : { context };
          logger.debug(fields, `${String(context)} debug`);
          logger.info(fields, `${String(context)} info`);
          logger.warn(fields, `${String(context)} warn`);
          logger.child({}, { redact: [] }).error(fields, `${String(context)} error`);
        }
      },
      { LOG_LEVEL: 'warn', LOG_LEVELS: 'HTTP=error, jobs=debug,mail=silent' },
    );
    const messages = text.trimEnd().split('\n').map((line) => (JSON.parse(line) as { msg: string }).msg); // prettier-ignore
    expect(messages).toEqual([
      'http error',
      'Jobs debug',
      'Jobs info',
      'Jobs warn',
      'Jobs error',
      'undefined warn',
      'undefined error',
    ]);
  });

  it('names the jobs that a line is about, ten at most, and the request that caused them', () => {
    const lineOf = (ids: readonly string[]): unknown =>
      JSON.parse(
        written((logger) => {
          requestContext.run({ requestId: 'cause', job: { queue: 'memory.embed', ids } }, () => {
            logger.info('at work');
          });
        }),
      );
    expect(lineOf(['a'])).toMatchObject({ request_id: 'cause', queue: 'memory.embed', job_id: 'a' });
    const many = Array.from({ length: 12 }, (_, at) => String(at));
    expect(lineOf(many)).toMatchObject({ job_ids: many.slice(0, 10) });
    expect(lineOf([])).not.toHaveProperty('job_id');
  });

  it('leaves the message of a database error out, which quotes values', () => {
    const error = Object.assign(new Error(`Key (email)=(${SECRET}) already exists`), { code: '23505' });
    const text = written((logger) => {
      logger.error({ err: error }, 'failed');
    });
    expect(text).not.toContain(SECRET);
  });
});
