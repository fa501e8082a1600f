import { describe, expect, it } from '@jest/globals';
import { areUnknownSettings, commandOf, faultIn } from './pg-tools.js';

describe('what a newer pg_restore says of an older server', () => {
  const setting = 'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "…"';
  const other = 'pg_restore: error: could not execute query: ERROR:  relation "…" does not exist';
  const ignored = (errors: number): string => `pg_restore: warning: errors ignored on restore: ${String(errors)}`;

  it.each([
    ['one setting', true, [setting, ignored(1)]],
    ['two settings', true, [setting, setting, ignored(2)]],
    ['a setting, and something else', false, [setting, other, ignored(2)]],
    ['a setting, and more than was kept of what it said', false, [setting, ignored(11)]],
    ['something else', false, [other, ignored(1)]],
    ['a setting, before it died', false, [setting]],
    ['nothing', false, []],
  ])('%s', (_, expected, lines) => {
    expect(areUnknownSettings(lines.join(' '))).toBe(expected);
  });
});

describe('where a client connects to', () => {
  const tools = { folder: '/bin', version: '17.5', major: 17 };
  const command = (url: string): ReturnType<typeof commandOf> =>
    commandOf(tools, { tool: 'pg_restore', args: [], url, tls: { tls: 'verify' } });

  it('is where the driver does: parameters of the address count no more than there', () => {
    const { args, env } = command(
      'postgresql://owner:s3cret@db:5433/scratch?dbname=family&sslmode=disable&sslpassword=s3cret&service=other&passfile=/x',
    );
    expect(args).toEqual(['--no-password', "--dbname=host='db' port='5433' user='owner' dbname='scratch'"]);
    expect(env).toMatchObject({ PGPASSWORD: 's3cret', PGSSLMODE: 'verify-full' });
  });

  it('takes names as they are', () => {
    const { args } = command(String.raw`postgresql://o%27wner:s@db/a%5Cb?host=/run/pg`);
    expect(args.at(-1)).toBe(String.raw`--dbname=host='/run/pg' port='5432' user='o\'wner' dbname='a\\b'`);
  });
});

describe('an extension that is not installed', () => {
  it.each(['could not open extension control file "…": No such file', 'extension "…" is not available'])(
    'is no fault of the backup: %s',
    (said) => {
      expect(faultIn(`pg_restore: error: could not execute query: ERROR:  ${said}`)).toBe('restore_scratch_denied');
    },
  );
});
