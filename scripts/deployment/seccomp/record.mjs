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
const { TEST_BACKUP_DATABASE_URL: database = '', TEST_SUPERUSER_DATABASE_URL: superuser = '' } = process.env;

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
    // Whatever it says: strace makes it slow.
    docker('exec', name, ...counting('health-check'), ...check);
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

/** What the specs do not call: a copy of PostgreSQL's files, and receiving its log, for which it has to wait. */
async function recordClients() {
  const container = `fa-seccomp-${process.pid}`;
  const sql = (text) =>
    must(
      ...['run', '--rm', '--network=host', '--entrypoint=psql', tools, superuser],
      ...['--tuples-only', '--no-align', '--command', text],
    );
  const run = (name, ...command) => {
    const [loader, ...strace] = counting(name);
    const options = [...OPTIONS, '--network=host', '--tmpfs=/tmp', `--name=${container}`, `--entrypoint=${loader}`];
    must('run', '--detach', ...options, tools, ...strace, ...command);
  };
  const hasEnded = () => must('inspect', '--format', '{{.State.Running}}', container) === 'false';
  const end = async (meanwhile = () => undefined) => {
    await until('a client has ended', () => {
      meanwhile();
      return hasEnded();
    });
    must('rm', container);
  };

  run('psql', 'psql', '--dbname', database, '--command', 'SELECT 1');
  await end();
  run('basebackup', 'pg_basebackup', '--dbname', database, '--pgdata', '/tmp/copy');
  await end();
  const after = sql('SELECT pg_current_wal_lsn() + 1');
  run('receivewal', 'pg_receivewal', '--dbname', database, '--directory', '/tmp', '--endpos', after, '--no-loop');
  await end(() => sql("SELECT pg_logical_emit_message(false, 'record', ''), pg_switch_wal()"));
}

/** No spec asks a server for names, and no such server has to answer. */
function recordNames() {
  const [loader, ...strace] = counting('names');
  const ask = "require('node:dns').lookup('family.invalid', () => {})";
  const options = [...OPTIONS, '--network=host', '--dns=127.0.0.1', `--entrypoint=${loader}`];
  docker('run', '--rm', ...options, server, ...strace, 'node', '--eval', ask);
}

const runs = {
  server: async () => {
    recordNames();
    await recordServer();
  },
  clients: recordClients,
  suite: () =>
    runSpecs(server, ['test/e2e'], { options: OPTIONS, program: [...counting('suite'), 'node'], onServers: false }),
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
