import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PASSWORD_MAX, PASSWORD_MIN } from '../../src/modules/auth/password/password-rules.js';
import { AuthConfig, PROJECT_DIR } from '../../src/platform/config/index.js';
import { readAsvs } from '../support/asvs.js';

const read = (file: string): string => readFileSync(join(PROJECT_DIR, file), 'utf8');
const sections = new Map(
  read('docs/SECURITY.md')
    .split(/^## /m)
    .map((text) => [text.slice(0, text.indexOf('\n')), text.replaceAll(/\s+/g, ' ')]),
);
const defaults = new AuthConfig();

/** What ASVS wants documented, where docs/SECURITY.md says it, and what it has to say there; figures are the code's. */
const ANSWERS: readonly (readonly [id: string, heading: string, ...says: (string | RegExp)[]])[] = [
  ['2.1.1', 'Input', 'type, length, range, pattern, allowed values'],
  ['2.1.2', 'Input', 'Values that must fit together', '`role_age_mismatch`'],
  ['2.1.3', 'Input', 'per person and minute', 'For the whole server'],
  ['6.1.1', 'Ways in', '50th, the 20th and the 5th', '15 minutes', 'Nothing locks for good', '`RATE_LIMIT_MULTIPLIER`'],
  [
    '6.1.2',
    'Ways in',
    'words of the context',
    'username',
    `${String(PASSWORD_MIN)} to ${String(PASSWORD_MAX)} characters`,
  ],
  ['6.1.3', 'Ways in', '`POST /auth/login`', '`POST /auth/token`', '`POST /auth/refresh`', '`POST /auth/register`'],
  [
    '7.1.1',
    'Sessions',
    `lives ${String(defaults.accessTokenTtl)} seconds`,
    `${String(defaults.refreshTokenTtl)} seconds after its last refresh`,
    `${String(defaults.rememberMeTtl)} seconds`,
    `for ${String(defaults.refreshGrace)} seconds`,
    'NIST SP 800-63B',
  ],
  ['7.1.2', 'Sessions', '1000 sessions at once'],
  ['7.1.3', 'Sessions', 'No other system begins or ends one'],
  ['7.6.1', 'Sessions', 'No other system begins or ends one'],
  ['8.1.1', 'Rights', 'API.md#permissions-and-roles', 'MEMORY.md#who-sees-what'],
  ['8.1.2', 'Rights', 'Fields that differ within a row', '| read by', '| changed by'],
  ['11.1.1', 'Cryptography and keys', '`JWT_SECRET_KEY`', '`keys rotate`', '`METRICS_TOKEN`'],
  ['11.1.2', 'Cryptography and keys', 'argon2id', 'AES-256-GCM', 'HS256'],
  ['13.1.1', 'Connections', '`DATABASE_URL`', '`REDIS_URL`', 'Nobody can give the server an address to call'],
  ['14.1.1', 'Data', '| secret', '| intimate', '| personal', '| operational'],
  ['14.1.2', 'Data', '| kept', '| protection'],
  ['15.1.1', 'Supply chain', 'within 3 days when critical, 14 when high, 60 when lower', 'every 3 months'],
  ['15.1.2', 'Supply chain', '`package-lock.json` is the inventory', 'registry.npmjs.org'],
  ['15.1.3', 'Input', 'What costs much, and what bounds it', '`PASSWORD_HASH_QUEUE`', '`DATABASE_STATEMENT_TIMEOUT`'],
  ['16.1.1', 'Logs', 'standard output', '30 days', 'time in UTC', '`request_id`'],
];

describe('docs/SECURITY.md', () => {
  it.each(ANSWERS)('answers %s under %s', (_id, heading, ...says) => {
    for (const words of says) expect(sections.get(heading)).toMatch(words);
  });

  it('answers what ASVS.md says that it answers', () => {
    const pointing = readAsvs(read('docs/security/ASVS.md')).filter(({ tests }) =>
      tests.some(({ file }) => file === 'test/security/documents.spec.ts'),
    );
    expect(pointing.map(({ id }) => id)).toEqual(ANSWERS.map(([id]) => id));
  });

  it('has its own headings as targets of its links', () => {
    const anchors = new Set([...sections.keys()].map((heading) => heading.toLowerCase().replaceAll(' ', '-')));
    const links = [...read('docs/SECURITY.md').matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((anchor) => !anchors.has(anchor ?? ''))).toEqual([]);
  });
});
