/**
 * Proves in running containers what is promised of the images: `node scripts/deployment/image-checks.mjs SERVER TOOLS`.
 * Prints where the space goes, each check, and as its last line "N passed, N failed".
 */
import { readFileSync } from 'node:fs';
import { newChecks } from './checks.mjs';
import { docker, filesOf, must, personAt, sizesByFolder, until } from './docker.mjs';
import { checkEscapes } from './escapes.mjs';
import { HARDENED, USER } from './hardened.mjs';
import { checkSample } from './sample.mjs';

const [server = '', tools = ''] = process.argv.slice(2);
const MAX_BYTES = 250e6;
/** Seconds of processor time, which a busy machine does not lengthen. */
const MAX_START = 30;
/** The embedded database takes most of it, while the first start applies the migrations. */
const MAX_MEMORY = '1536m';
const LIMITED = [...HARDENED, '--tmpfs=/tmp:size=64m', '--pids-limit=200', `--memory=${MAX_MEMORY}`];
const ACCOUNT = { email: 'ada@example.org', password: 'violet-harbour-93-teapots' };

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const { dependencies, version } = read('package.json');
const name = `fa-image-test-${process.pid}`;
const volume = `${name}-data`;
const { check, fail, failures, end } = newChecks();

const run = (...args) => must('run', '--rm', ...LIMITED, ...args);
const within = (code) => must('exec', name, 'node', '--input-type=module', '--eval', code);
const logs = () => docker('logs', name).all;
const url = () => `http://${must('port', name, '3000/tcp').split('\n')[0]}`;
const isReady = async () => (await fetch(`${url()}/health/ready`)).ok;
const started = () => until('ready', isReady);

async function checkContents() {
  const files = filesOf(server);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const has = (pattern) => files.filter(({ path }) => pattern.test(path)).map(({ path }) => path);
  const none = (pattern) => {
    const found = has(pattern);
    if (found.length > 0) throw new Error(found.slice(0, 3).join(', '));
  };
  const about = JSON.parse(must('image', 'inspect', server))[0].Config;

  console.log(sizesByFolder(files, 3).slice(0, 15).join('\n'));
  await check(`is below ${MAX_BYTES / 1e6} MB unpacked`, () => total < MAX_BYTES && `${(total / 1e6).toFixed(1)} MB`);
  await check('says its version and revision', () => {
    const { 'org.opencontainers.image.version': tagged, 'org.opencontainers.image.revision': revision } = about.Labels;
    return tagged === version && revision !== 'unknown' && `${tagged}, ${revision.slice(0, 12)}`;
  });
  await check(
    'runs as a user by number, and has a health check',
    () => about.User === `${USER}:${USER}` && !!about.Healthcheck,
  );
  await check('holds no package of development', () => {
    const packages = new Set(files.map(({ path }) => /^\/app\/(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]));
    const found = Object.entries(read('package-lock.json').packages).filter(
      ([path, { dev }]) => dev && packages.has(path),
    );
    if (found.length > 0) throw new Error(found.map(([path]) => path).join(', '));
  });
  await check('holds no shell, no package manager, no program with the rights of its owner', () => {
    none(/\/(sh|bash|dash|busybox|apt|dpkg|npm|perl|curl|wget)$/);
    return !files.some(({ mode }) => /^-..s|^-.....s/.test(mode));
  });
  await check('holds no source, test, map, setting or key', () =>
    none(/^\/app\/(src|test|\.env)|\.spec\.|\/node_modules\/.*\.map$|\.(pem|key)$/),
  );
  await check('holds the native programs of its own platform alone', () => {
    none(/onnxruntime-node\/bin\/napi-v\d+\/(darwin|win32)|prebuilds\/(darwin|win32|android)/);
    return has(/libonnxruntime\.so/).length === 1;
  });
  await check(
    'lets nobody but root change the program',
    () => !files.some(({ path, mode }) => path.startsWith('/app/') && mode[8] === 'w'),
  );
}

async function checkProgram() {
  await check('can load every package that the product names', () => {
    const code = `for (const name of ${JSON.stringify(Object.keys(dependencies))}) await import(name);`;
    run(server, '--input-type=module', '--eval', code);
    return `${Object.keys(dependencies).length} packages`;
  });
  await check('has the commands', () => run(server, 'dist/src/cli/main.js', '--version') === version);
  await check('names a bad setting and ends with 1', () => {
    const { code, all } = docker('run', '--rm', ...LIMITED, '--env=PORT=many', server);
    return code === 1 && all.includes('PORT');
  });
}

async function checkStart() {
  must('volume', 'create', volume);
  const begun = performance.now();
  must('run', '--detach', '--name', name, ...LIMITED, '--publish=127.0.0.1:0:3000', `--volume=${volume}:/data`, server);
  await check(
    `is ready after less than ${MAX_START} s of work with an empty volume, read-only, without capabilities`,
    async () => {
      await started();
      const elapsed = (performance.now() - begun) / 1000;
      const work = Number(
        within(`import { readFileSync } from 'node:fs';
        // Field 14 and 15 of proc_pid_stat(5), in hundredths of a second.
        const [user, system] = readFileSync('/proc/1/stat', 'utf8').split(') ')[1].split(' ').slice(11, 13);
        console.log((Number(user) + Number(system)) / 100);`),
      );
      return work < MAX_START && `${work.toFixed(1)} s, by the clock ${elapsed.toFixed(1)} s`;
    },
  );
  await check('is healthy to the engine', () =>
    until('healthy', () => must('inspect', '--format', '{{.State.Health.Status}}', name) === 'healthy', 60_000),
  );
  await check('is no root, has no capability, gains none, and is under a seccomp filter', () => {
    const status = within(
      "import { readFileSync } from 'node:fs'; console.log(readFileSync('/proc/1/status', 'utf8'))",
    );
    const of = (field) => new RegExp(`^${field}:\\s*(\\S+)`, 'm').exec(status)?.[1];
    return (
      of('Uid') === String(USER) &&
      of('Gid') === String(USER) &&
      /^0+$/.test(of('CapEff') ?? '') &&
      /^0+$/.test(of('CapBnd') ?? '') &&
      of('NoNewPrivs') === '1' &&
      of('Seccomp') === '2'
    );
  });
  await check('can write to its data and /tmp alone', () => {
    const tried = within(`
      import { rmSync, writeFileSync } from 'node:fs';
      for (const folder of ['/', '/app', '/etc', '/usr/local/bin', '/app/dist', '/var', '/tmp', '/data']) {
        try { writeFileSync(folder + '/probe', ''); rmSync(folder + '/probe'); console.log(folder); } catch {}
      }`);
    return tried === '/tmp\n/data';
  });
}

const remembers = async () => {
  const person = personAt(url());
  if ((await person.signIn(ACCOUNT.email, ACCOUNT.password)) !== 200) throw new Error('the sign-in was refused');
  const { body } = await person.post('/api/v1/memories/search', { query: 'Where do we live?' });
  return body.results?.[0]?.content === 'We live in Lisbon';
};

async function checkUse() {
  await check('refuses the first account without the set-up token of its log', async () => {
    const { status, body } = await personAt(url()).post('/api/v1/auth/register', { ...ACCOUNT, first_name: 'Ada' });
    return status === 403 && body.code === 'setup_token_required';
  });
  await check('registers, signs in, remembers and finds', async () => {
    const token = /setup_token\\": \\"([^\\]+)/.exec(logs())?.[1];
    const person = personAt(url());
    const { status } = await person.post('/api/v1/auth/register', {
      ...ACCOUNT,
      first_name: 'Ada',
      setup_token: token,
    });
    if (status !== 201) throw new Error(`the registration answered ${status}`);
    await person.signIn(ACCOUNT.email, ACCOUNT.password);
    const kept = await person.post('/api/v1/memories', { content: 'We live in Lisbon' });
    if (kept.status !== 201) throw new Error(`the memory was answered with ${kept.status}`);
    return remembers();
  });
  await check('shows its metrics to nobody without the token', async () =>
    [401, 403, 404].includes((await personAt(url()).get('/metrics')).status),
  );
  await check('has written nothing outside its volume', () => must('diff', name) === '');
}

async function checkStop() {
  await check('stops in order at SIGTERM', () => {
    const begun = performance.now();
    must('stop', '--time=60', name);
    const code = must('inspect', '--format', '{{.State.ExitCode}}', name);
    if (code !== '0' || !logs().includes('"msg":"stopped"')) throw new Error(`exit code ${code}`);
    return `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  });
  await check('has what it knew after a start on the same volume', async () => {
    must('start', name);
    await started();
    return remembers();
  });
  await check('has it after the process was killed, too', async () => {
    must('kill', name);
    must('start', name);
    await started();
    return remembers();
  });
  await check(
    `was never ended for want of memory (${MAX_MEMORY})`,
    () => must('inspect', '--format', '{{.State.OOMKilled}}', name) === 'false',
  );
}

async function checkTools() {
  const programs = ['pg_dump', 'pg_restore', 'pg_basebackup', 'pg_receivewal', 'psql'];
  for (const program of programs)
    await check(`tools: has ${program}`, () => run('--entrypoint', program, tools, '--version'));
  await check('tools: runs as the same user', () => run('--entrypoint', 'id', tools, '-u') === String(USER));
  await check('tools: has the commands', () => run(tools, 'backup', '--help').includes('receive-wal'));
  await check('tools: can make a key', () => run(tools, 'backup', 'keygen', '/tmp/probe.key').includes('age1'));
  const total = filesOf(tools).reduce((sum, { size }) => sum + size, 0);
  console.log(`tools: ${(total / 1e6).toFixed(1)} MB unpacked`);
}

try {
  for (const part of [checkContents, checkProgram, checkStart, checkUse, checkStop, checkTools]) await part();
  await checkEscapes(check, server);
  await checkSample(check, server);
} catch (error) {
  fail(error);
} finally {
  if (failures() > 0) console.log(logs().split('\n').slice(-15).join('\n'));
  docker('rm', '--force', '--volumes', name);
  docker('volume', 'rm', '--force', volume);
}
end();
