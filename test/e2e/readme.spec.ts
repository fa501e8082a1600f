import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FREE } from '../../src/modules/auth/sign-in-throttle.js';
import {
  AuthConfig,
  LimitsConfig,
  PROJECT_DIR,
  renderConfigTable,
  renderEnvExample,
} from '../../src/platform/config/index.js';
import { PoolExhaustedError, StaleViewerError } from '../../src/platform/database/index.js';
import { fieldError, STATUS_OF, toProblem, type ErrorKind } from '../../src/platform/http/index.js';
import { DAY, KEY_DAY, LIMIT_POLICIES, type LimitPolicy } from '../../src/platform/limits/limit-policy.js';
import {
  FAMILY_ROLE_PERMISSIONS,
  PERMISSIONS,
  SERVER_ROLE_PERMISSIONS,
  type Permission,
} from '../../src/platform/security/index.js';
import { operationsOf } from '../security/operations.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asOwner, TEST_SECRET } from '../support/database.js';
import { newFirstAdmin } from '../support/factories.js';
import { unlikeShown } from '../support/walkthrough.js';

/** The documents a person reads. The generated ones are compared as a whole. */
const DOCUMENTS = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'docs/ARCHITECTURE.md',
  'docs/API.md',
  'docs/MEMORY.md',
  'docs/SECURITY.md',
  'docs/AUTHENTICATION.md',
  'docs/GETTING_STARTED.md',
  'docs/FAQ.md',
  'docs/RATE_LIMITS.md',
  'docs/ALERT_RULES.md',
  'docs/RUNBOOKS.md',
  'docs/DISASTER_RECOVERY.md',
  'docs/DASHBOARDS.md',
  'docs/OBSERVABILITY.md',
  'docs/operations/KUBERNETES.md',
  'docs/DEPLOYMENT.md',
  'docs/ALERTING.md',
  'docs/LOAD_TESTS.md',
  'docs/PERFORMANCE.md',
  'docs/operations/PGBACKREST.md',
] as const;

const read = (file: string): string => readFileSync(join(PROJECT_DIR, file), 'utf8');

describe('README.md', () => {
  const readme = read('README.md');

  const superuser = process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '';
  const onServer = superuser === '' ? it.skip : it;

  onServer('has the SQL that PostgreSQL needs, with two logins and with one', async () => {
    const { url, ownerUrl, drop } = await followSql(readme, superuser);
    try {
      const twoLogins = { DATABASE_URL: url, DATABASE_OWNER_URL: ownerUrl };
      const oneLogin = { DATABASE_URL: ownerUrl };
      for (const logins of [twoLogins, oneLogin]) {
        const env = { ...logins, JWT_SECRET_KEY: TEST_SECRET };
        const server = await startApp({ database: { kind: 'postgresql', env, drop } });
        try {
          if (logins === twoLogins) await newFirstAdmin(server);
          await server.http().get('/health/ready').expect(200);
        } finally {
          await server.close();
        }
      }
    } finally {
      await drop();
    }
  });
});

describe.each(['README.md', 'docs/GETTING_STARTED.md'])('%s, on an empty server', (document) => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp();
  });
  afterAll(() => server.close());

  it('works as it is written, and answers what it shows', async () => {
    expect(await unlikeShown(read(document), server.url)).toEqual([]);
  });
});

describe('the documents', () => {
  it.each(DOCUMENTS)('%s names only files that there are', (document) => {
    const text = read(document);
    const links = Array.from(text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g), ([, target = '']) =>
      join(dirname(document), target),
    );
    const mentioned = text.match(/(?<![\w./-])(src|test|docs|migrations|scripts|bench|\.ci)\/[\w./*-]*[\w*/]/g) ?? [];

    // Links of the README to the running server are no files.
    const missing = [...links, ...mentioned].filter((path) => !path.includes('127.0.0.1') && !exists(path));
    expect(missing).toEqual([]);
  });

  it.each(DOCUMENTS)('%s names only make targets, npm scripts and settings that there are', (document) => {
    const targets = new Set(Array.from(read('Makefile').matchAll(/^([a-z][a-z0-9-]*):/gm), ([, name = '']) => name));
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const settings = new Set([
      ...(read('.env.example').match(/(?<=^#)[A-Z_]+(?==)/gm) ?? []),
      // What the file for one machine asks for.
      ...(read('docker-compose.prod.yml').match(/(?<=\$\{)[A-Z_]+/g) ?? []),
      ...(read('scripts/deployment/smoke.mjs').match(/SMOKE_[A-Z]+/g) ?? []),
    ]);
    const code = codeOf(read(document));

    const named = {
      targets: wordsAfter('make', code),
      scripts: Array.from(code.matchAll(/\bnpm (?:run )?([a-z][\w:]*)/g), ([, name = '']) => name),
      settings: (code.match(/(?<![\w-])[A-Z]+(?:_[A-Z]+)+\b/g) ?? []).filter((name) => !name.startsWith('TEST_')),
    };

    expect(named.targets.filter((name) => !targets.has(name))).toEqual([]);
    expect(named.scripts.filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(named.settings.filter((name) => !settings.has(name))).toEqual([]);
  });

  it('of the settings are what the configuration classes say', () => {
    expect(read('.env.example')).toBe(renderEnvExample());
    expect(read('docs/CONFIGURATION.md')).toBe(renderConfigTable());
  });
});

describe('docs/API.md', () => {
  const api = read('docs/API.md');
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp();
  });
  afterAll(() => server.close());

  it('has every error code with its status, and no other', () => {
    const documented = rowsOf(api, 'Errors').map(([code = '', status = '']) => [code, Number(status)]);
    expect(Object.fromEntries(documented)).toEqual({ ...codesOfModules(), ...codesOfHttp() });
    expect(documented).toHaveLength(new Set(documented.map(([code]) => code)).size);
  });

  it('has every endpoint with its permission, and no other', () => {
    const documented = rowsOf(api, 'Endpoints').filter(([endpoint = '']) => /^[A-Z]+ /.test(endpoint));
    const actual = operationsOf(server).map(({ method, path, access: { any, all = [], public: isPublic } }) => [
      `${method.toUpperCase()} ${path.replace('/api/v1', '')}`,
      isPublic ? 'public' : (any?.join(' or ') ?? all.join(' and ')),
    ]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(actual));
    expect(documented).toHaveLength(actual.length);
  });

  it('has every permission with the roles that have it, and no other', () => {
    const columns = cellsOf(tableOf(api, 'Permissions and roles')[0] ?? '').slice(2);
    const roles: Readonly<Record<string, readonly Permission[]>> = {
      ...SERVER_ROLE_PERMISSIONS,
      ...FAMILY_ROLE_PERMISSIONS,
    };
    const documented = rowsOf(api, 'Permissions and roles').map(([permission, , ...marks]) => [
      permission,
      columns.filter((_, at) => marks[at] === 'yes'),
    ]);
    const actual = PERMISSIONS.map((permission) => [
      permission,
      columns.filter((role) => roles[role]?.includes(permission)),
    ]);
    expect(columns.toSorted()).toEqual(Object.keys(roles).toSorted());
    expect(documented).toEqual(actual);
  });

  it('has every limit', () => {
    const documented = rowsOf(api, 'Limits').map(([name, requests, window]) => ({
      name,
      requests: Number(requests),
      window: Number(window),
    }));
    const actual = Object.values(LIMIT_POLICIES).map(({ name, requests, window }) => ({ name, requests, window }));
    expect(documented).toEqual(actual);
  });

  it('has every metric but those of any Node process, and no other', async () => {
    const { text } = await server.http().get('/metrics').expect(200);
    const actual = Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name = '']) => name).filter(
      (name) => !/^family_assistant_(process|nodejs)_/.test(name),
    );
    const documented = rowsOf(api, 'Metrics').map(([name = '']) => name);
    expect(documented.toSorted()).toEqual(actual.toSorted());
  });
});

describe('docs/RATE_LIMITS.md', () => {
  const limits = read('docs/RATE_LIMITS.md');

  it('has every policy, with its figures and who is counted', () => {
    expect(
      rowsOf(limits, 'Requests in a window').map(([name, requests, seconds, countedBy]) => ({
        name,
        requests: Number(requests),
        seconds: Number(seconds),
        countedBy,
      })),
    ).toEqual(
      Object.values<LimitPolicy>(LIMIT_POLICIES).map(({ name, requests, window, byAddress = false }) => ({
        name,
        requests,
        seconds: window,
        countedBy: byAddress || name === 'anonymous' ? 'address' : 'person',
      })),
    );
  });

  it('has the daily quotas, what is free of failures, and every cap as it is by default', () => {
    const config = new LimitsConfig();
    const [[day, standard] = [], [keyDay] = []] = rowsOf(limits, 'Requests in a day');
    expect([day, keyDay]).toEqual([DAY, KEY_DAY]);
    expect(standard).toContain(`(${config.requestsPerDay.toLocaleString('en')})`);
    expect(rowsOf(limits, 'Wrong passwords').map(([, free]) => Number(free))).toEqual([
      FREE.both,
      FREE.account,
      FREE.address,
    ]);
    expect(rowsOf(limits, 'How many there may be').map(([setting, most]) => [setting, Number(most)])).toEqual([
      ['API_KEYS_PER_USER', config.apiKeysPerUser],
      ['SESSIONS_PER_USER', config.sessionsPerUser],
      ['FAMILIES_PER_USER', config.familiesPerUser],
      ['OPEN_INVITATIONS_PER_FAMILY', config.openInvitations],
    ]);
    expect(limits).toContain(`A session ends ${String(new AuthConfig().sessionMaxAge / 86_400)} days`);
  });
});

/** Follows the README's SQL with names of this test's own: roles belong to the whole server. */
async function followSql(
  readme: string,
  superuser: string,
): Promise<{ url: string; ownerUrl: string; drop: () => Promise<void> }> {
  const suffix = randomBytes(4).toString('hex');
  const ours = (text: string): string => text.replaceAll(/\bfamily(_owner|_login)?\b/g, `$&_${suffix}`);
  const at = (database: string): string => Object.assign(new URL(superuser), { pathname: `/${database}` }).href;

  let connection = superuser;
  for (const line of ours(/<!-- sql -->\s+```sql\n([^]*?)```/.exec(readme)?.[1] ?? '').split('\n')) {
    const database = /^\\connect (\w+)$/.exec(line)?.[1];
    if (database !== undefined) connection = at(database);
    else if (line !== '' && !(await isThere(superuser, line))) await asOwner(connection, line);
  }

  const urlOf = (name: string): string => {
    const url = new URL(ours(new RegExp(`export ${name}=(\\S+)`).exec(readme)?.[1] ?? ''));
    return Object.assign(url, { host: new URL(superuser).host }).href;
  };
  return {
    url: urlOf('DATABASE_URL'),
    ownerUrl: urlOf('DATABASE_OWNER_URL'),
    drop: async () => {
      await asOwner(superuser, ours('DROP DATABASE IF EXISTS family WITH (FORCE)'));
      await asOwner(superuser, ours('DROP ROLE IF EXISTS family_owner, family_login'));
    },
  };
}

/** The application's role has a fixed name, so other databases of this server may have made it. */
async function isThere(superuser: string, statement: string): Promise<boolean> {
  const role = /^CREATE ROLE (family_assistant_app) /.exec(statement)?.[1];
  if (role === undefined) return false;
  return (await asOwner(superuser, `SELECT FROM pg_roles WHERE rolname = '${role}'`)).rowCount === 1;
}

/** Whether there is such a file or folder; `*` at the end stands for anything. */
function exists(path: string): boolean {
  const full = join(PROJECT_DIR, path);
  if (!path.endsWith('*')) return existsSync(full);
  return readdirSync(dirname(full)).some((name) => name.startsWith(basename(full).slice(0, -1)));
}

/** What a document shows as code: in lines, and in blocks for a shell. */
function codeOf(markdown: string): string {
  const blocks = Array.from(markdown.matchAll(/```(?:ba)?sh\n([^]*?)```/g), ([, block = '']) => block);
  const spans = markdown.replaceAll(/```[^]*?```/g, '').match(/`[^`\n]+`/g) ?? [];
  return [...blocks, ...spans].join('\n');
}

/** The words that follow a command, up to the end of it. */
function wordsAfter(command: string, code: string): string[] {
  const calls = code.matchAll(new RegExp(`(?:^|[\\s\`])${command}((?: [a-z0-9-]+)+)`, 'gm'));
  return Array.from(calls, ([, words = '']) => words.trim().split(' ')).flat();
}

/** The lines of the tables below a heading, up to the next heading of its rank. */
function tableOf(markdown: string, heading: string): string[] {
  const [title = '', rank = ''] = new RegExp(`^(#+) ${heading}$`, 'm').exec(markdown) ?? [];
  if (title === '') throw new Error(`there is no heading "${heading}"`);
  const rest = markdown.slice(markdown.indexOf(`\n${title}\n`) + title.length + 1);
  const end = rest.search(new RegExp(`^#{1,${String(rank.length)}} `, 'm'));
  return (end === -1 ? rest : rest.slice(0, end)).split('\n').filter((line) => line.startsWith('|'));
}

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim().replaceAll('`', ''));

/** The rows of these tables; unlike the titles each begins with a name in backticks. */
const rowsOf = (markdown: string, heading: string): string[][] =>
  tableOf(markdown, heading)
    .filter((line) => line.startsWith('| `'))
    .map(cellsOf);

/** Codes and statuses of every `*.errors.ts`. */
function codesOfModules(): Record<string, number> {
  const files = readdirSync(join(PROJECT_DIR, 'src'), { recursive: true, encoding: 'utf8' });
  const entries = files
    .filter((file) => file.endsWith('.errors.ts'))
    .flatMap((file) => Array.from(read(join('src', file)).matchAll(/^ {2}(\w+): \{\s*kind: '(\w+)'/gm)))
    .map(([, code = '', kind = '']) => [code, STATUS_OF[kind as ErrorKind]] as const);
  return Object.fromEntries(entries);
}

/** Codes of what no module refuses: plain statuses, bad fields, a database that is away. */
function codesOfHttp(): Record<string, number> {
  const plain = Array.from({ length: 200 }, (_, at) => ({ statusCode: 599 - at }));
  const special = [
    new StaleViewerError(),
    new PoolExhaustedError(),
    { code: 'ECONNREFUSED' },
    fieldError('name', 'is bad'),
    fieldError('name', 'is impossible', 'impossible'),
  ];
  // The lowest status comes last, and so is the one of its code.
  const problems = [...plain, ...special].map((error) => toProblem(error, 'request'));
  return Object.fromEntries(problems.map(({ code, status }) => [code, status]));
}
