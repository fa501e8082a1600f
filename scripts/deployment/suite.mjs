/**
 * Runs specs of this checkout inside a container of an image of the product, hardened as it is meant to be run:
 *   node scripts/deployment/suite.mjs IMAGE [ARGUMENTS OF JEST]     default: test/e2e
 * The program, its packages, Node and the libraries are those of the image; specs, what supports them and packages for
 * development are mounted read-only (suite/resolver.mjs says what is taken from where). On servers that the environment
 * names (`scripts/servers/servers.sh env`) it takes the image with the clients of PostgreSQL.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { HARDENED } from './hardened.mjs';
import { TESTS } from './suite/excluded.mjs';
import { PATIENCE, PROGRAM_FOLDER, SUITE_FOLDER } from './suite/places.mjs';

/** What the specs and jest need of the checkout. */
const FOLDERS = ['test', 'src', 'migrations', 'scripts', 'docs', 'node_modules'];
const FILES = ['package.json', 'jest.config.mjs', '.swcrc'];
/** What specs read beside the program, where the program says that its project is. */
const BESIDE = [
  ...['CHANGELOG.md', 'docs', 'docker/compose', 'docker/grafana', 'docker/logging', 'docker/prometheus', 'helm'],
  'scripts/deployment',
];
/** Databases of the tests; the program itself needs 64 MB at most. */
const TEMPORARY = '--tmpfs=/tmp:size=8g';
/** Of the servers; not where their programs are, which are those of the image here. */
const SERVERS = [
  'TEST_DATABASE_URL',
  'TEST_APP_DATABASE_URL',
  'TEST_BACKUP_DATABASE_URL',
  'TEST_SUPERUSER_DATABASE_URL',
  'TEST_REDIS_URL',
];
/** What the image sets for the server would reach the specs, which set their own. */
const SETTINGS = [
  'NODE_ENV=test',
  'DATA_DIR=',
  'HOST=',
  'PORT=',
  `TEST_PROGRAM=${PROGRAM_FOLDER}`,
  `TEST_PATIENCE=${PATIENCE}`,
];

const mount = (source, target) => `--mount=type=bind,source=${resolve(source)},target=${target},readonly`;

/** A folder with nothing in it but the places to mount at, and a `dist` that is the image's. */
function newSuiteFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'family-assistant-suite-'));
  chmodSync(folder, 0o755);
  for (const name of FOLDERS) mkdirSync(join(folder, name));
  for (const name of FILES) cpSync(name, join(folder, name));
  symlinkSync(join(PROGRAM_FOLDER, 'dist'), join(folder, 'dist'));
  return folder;
}

const isOnServers = () => Boolean(process.env.TEST_DATABASE_URL);

/** Servers on this machine listen on its own address alone. Their passwords go by the environment: arguments are seen. */
const TO_SERVERS = ['--network=host', ...SERVERS.map((name) => `--env=${name}`)];

/**
 * Runs specs in a container and waits for their end.
 * @param {string} image
 * @param {string[]} args for scripts/test.mjs
 * @param {{ options?: string[], program?: string[], onServers?: boolean,
 * stdio?: import('node:child_process').StdioOptions }} how `options` of `docker run` in place of the hardened ones; `program`
 * that runs Node, where it is not run by itself
 * @returns {{ status: number | null, stdout: string }}
 */
export function runSpecs(
  image,
  args,
  { options = HARDENED, program = ['node'], onServers = isOnServers(), stdio = 'inherit' } = {},
) {
  const folder = newSuiteFolder();
  const [entrypoint, ...before] = program;
  try {
    const { status, stdout } = spawnSync(
      'docker',
      [
        ...[
          'run',
          '--rm',
          '--no-healthcheck',
          ...options,
          ...(onServers ? TO_SERVERS : []),
          TEMPORARY,
          `--workdir=${SUITE_FOLDER}`,
        ],
        mount(folder, SUITE_FOLDER),
        ...FOLDERS.map((name) => mount(name, `${SUITE_FOLDER}/${name}`)),
        ...BESIDE.map((name) => mount(name, `${PROGRAM_FOLDER}/${name}`)),
        ...SETTINGS.map((setting) => `--env=${setting}`),
        ...[`--entrypoint=${entrypoint}`, image, ...before],
        'scripts/test.mjs',
        '--config=scripts/deployment/suite/jest.config.mjs',
        `--testNamePattern=^(?!.*(${Object.keys(TESTS).join('|')}))`,
        ...args,
      ],
      { encoding: 'utf8', stdio, maxBuffer: 2 ** 28 },
    );
    return { status, stdout: stdout ?? '' };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const [image = '', ...args] = process.argv.slice(2);
  process.exitCode = runSpecs(image, args.length > 0 ? args : ['test/e2e']).status ?? 1;
}
