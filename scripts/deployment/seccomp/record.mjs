/**
 * Records which system calls the product makes: `node scripts/deployment/seccomp/record.mjs SERVER TOOLS FOLDER`.
 * strace counts them in containers that are hardened as always, but for the profile that is to be made of what is found.
 * FOLDER holds strace with its libraries; the counts are written to its folder `counts`, one file for each run.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { docker, must, until } from '../docker.mjs';
import { HARDENED } from '../hardened.mjs';
import { runSpecs } from '../suite.mjs';

const [server = '', tools = '', given = '', ...only] = process.argv.slice(2);
const folder = resolve(given);
const counts = join(folder, 'counts');
const OPTIONS = [
  ...HARDENED.filter((option) => !option.includes('seccomp=')),
  '--security-opt=seccomp=unconfined',
  `--mount=type=bind,source=${join(folder, 'strace')},target=/strace,readonly`,
  `--mount=type=bind,source=${counts},target=/counts`,
];
const { TEST_BACKUP_DATABASE_URL: database = '' } = process.env;

/** strace with its own loader and libraries, since the image of the server has neither. */
const counting = (name) => {
  const loader = `/strace/${process.arch === 'arm64' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2'}`;
  return [loader, '--library-path', '/strace', '/strace/strace', '-f', '-c', '-o', `/counts/${name}.txt`];
};

/** The server with the database built in, as it is started, asked by its health check, and stopped. */
async function recordServer() {
  const name = `fa-seccomp-${process.pid}`;
  const [loader, ...strace] = counting('server');
  const command = JSON.parse(must('image', 'inspect', '--format', '{{json .Config.Cmd}}', server));
  must(
    'run',
    '--detach',
    '--name',
    name,
    ...OPTIONS,
    '--tmpfs=/tmp',
    `--entrypoint=${loader}`,
    server,
    ...strace,
    'node',
    ...command,
  );
  try {
    const check = ['node', 'docker/healthcheck.mjs', 'ready'];
    await until('ready', () => docker('exec', name, ...check).code === 0, 600_000);
    must('exec', name, ...counting('health-check'), ...check);
    // To strace and to what it starts: the first alone would leave the other.
    must('exec', name, 'node', '--eval', STOP);
    must('wait', name);
  } finally {
    docker('rm', '--force', '--volumes', name);
  }
}

/** Ends the server, which strace has started: the first process but strace itself. */
const STOP = `
  const { readdirSync, readFileSync } = require('node:fs');
  const pids = readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && name !== '1');
  const isServer = (pid) => readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('dist/src/main.js');
  process.kill(Number(pids.find(isServer)), 'SIGTERM');`;

/** What the specs do not call: a copy of PostgreSQL's files, and its log until now. */
function recordClients() {
  const run = (name, ...command) => {
    const [loader, ...strace] = counting(name);
    const options = [...OPTIONS, '--network=host', '--tmpfs=/tmp', `--env=PGDATABASE=${database}`];
    return docker('run', '--rm', ...options, `--entrypoint=${loader}`, tools, ...strace, ...command);
  };
  run('psql', 'psql', '--dbname', database, '--command', 'SELECT 1');
  run('basebackup', 'pg_basebackup', '--dbname', database, '--pgdata', '/tmp/copy');
  // It ends by itself at the position, which has long been written.
  run('receivewal', 'pg_receivewal', '--dbname', database, '--directory', '/tmp', '--endpos', '0/1000000', '--no-loop');
}

const runs = {
  server: recordServer,
  clients: recordClients,
  suite: () => runSpecs(server, ['test/e2e'], { options: OPTIONS, program: [...counting('suite'), 'node'] }),
  'suite-on-servers': () =>
    runSpecs(tools, ['test/e2e'], { options: OPTIONS, program: [...counting('suite-on-servers'), 'node'] }),
};
mkdirSync(counts, { recursive: true });
chmodSync(counts, 0o777);
for (const [name, run] of Object.entries(runs)) {
  if (only.length > 0 && !only.includes(name)) continue;
  console.log(`recording: ${name}`);
  await run();
}
