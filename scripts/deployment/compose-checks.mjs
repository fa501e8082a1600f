/**
 * Proves docker-compose.prod.yml in running containers; scripts/deployment/compose.sh has made what it needs and says where
 * in the environment. The last line is "N passed, N failed".
 */
import { spawnSync } from 'node:child_process';
import { connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { newChecks } from './checks.mjs';
import {
  ACCOUNT,
  cli,
  compose,
  containerOf,
  inside,
  OWN,
  portOf,
  ready,
  remembers,
  SERVERS,
  url,
  WHOLE,
} from './compose-project.mjs';
import { checkRolls } from './compose-rolls.mjs';
import { must, personAt, until } from './docker.mjs';

const { FA_COMPOSE = '' } = process.env;
const { check, fail, failures, end } = newChecks();

const http2Status = (origin, path) =>
  new Promise((resolve, reject) => {
    const session = connect(origin);
    session.on('error', reject);
    const request = session.request({ ':path': path });
    request.on('response', (headers) => {
      resolve(headers[':status']);
      session.close();
    });
    request.on('error', reject);
    request.end();
  });

/** Says that it sends so many bytes, sends all but one, and waits. */
function beginUpload(origin, path, bytes) {
  const { hostname, port } = new URL(origin);
  const request = httpsRequest({ hostname, port, path, method: 'POST', headers: { 'content-length': bytes } });
  request.setHeader('content-type', 'application/json');
  request.on('error', () => undefined); // it is ended on purpose
  const upload = { status: 0, end: () => request.destroy() };
  request.on('response', ({ statusCode }) => (upload.status = statusCode));
  upload.sent = new Promise((resolve) => request.write('x'.repeat(bytes - 1), resolve));
  return upload;
}

async function checkUp() {
  await check('is a valid file, and so is the one for development', () => {
    compose('config', '--quiet');
    const [program, ...first] = FA_COMPOSE.split(' ');
    return spawnSync(program, [...first, '--file', 'docker-compose.yml', 'config', '--quiet']).status === 0;
  });
  await check('comes up', async () => {
    const begun = performance.now();
    compose('up', '--detach', ...WHOLE);
    await until('ready behind nginx', ready);
    return `${((performance.now() - begun) / 1000).toFixed(0)} s by the clock`;
  });
  await check('runs without root where the image does not need it, read-only, without capabilities', () => {
    for (const service of WHOLE) {
      const { Config, HostConfig } = JSON.parse(must('inspect', containerOf(service)))[0];
      if (!HostConfig.ReadonlyRootfs || !HostConfig.CapDrop.includes('ALL') || HostConfig.Memory === 0)
        throw new Error(`${service} is not`);
      if (service !== 'postgres' && ['', '0', 'root'].includes(Config.User)) throw new Error(`${service} is root`);
    }
  });
  await check('asks every program that goes on whether it is well, and all are', async () => {
    for (const service of WHOLE.filter((name) => name !== 'migrate'))
      await until(
        `${service} is healthy`,
        () => must('inspect', '--format', '{{.State.Health.Status}}', containerOf(service)) === 'healthy',
      );
  });
  await check('has the system calls of docker/seccomp.json where a program of this repository runs', () => {
    for (const service of OWN) {
      const { HostConfig } = JSON.parse(must('inspect', containerOf(service)))[0];
      if (!HostConfig.SecurityOpt.some((option) => option.startsWith('seccomp={'))) throw new Error(service);
    }
  });
  await check('has brought the database to its version, by a login that the servers do not have', () => {
    if (must('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', containerOf('migrate')) !== 'exited 0')
      throw new Error('migrate has not ended well');
    return SERVERS.every((service) => {
      const secrets = must('inspect', '--format', '{{range .Mounts}}{{.Destination}} {{end}}', containerOf(service));
      return secrets.includes('/run/secrets/database_url') && !/owner|backup_database/.test(secrets);
    });
  });
  await check('has no secret in the environment of a container', () => {
    for (const service of WHOLE) {
      const { Config } = JSON.parse(must('inspect', containerOf(service)))[0];
      const found = Config.Env.filter(
        (one) => /(PASSWORD|SECRET|TOKEN|_URL)=./.test(one) && !/^(PUBLIC_URL)=/.test(one),
      );
      if (found.length > 0) throw new Error(`${service}: ${found.map((one) => one.split('=')[0]).join(', ')}`);
    }
  });
}

async function checkEdge() {
  await check('listens where it knows its clients apart: on IPv4 alone, as long as nobody says otherwise', () => {
    const ports = JSON.parse(must('inspect', '--format', '{{json .NetworkSettings.Ports}}', containerOf('nginx')));
    return ['8080/tcp', '8443/tcp'].every((port) => ports[port].every(({ HostIp }) => HostIp === '0.0.0.0'));
  });
  await check('sends plain HTTP to TLS', async () => {
    const { status, headers } = await fetch(`http://localhost:${portOf('8080')}/x?y=1`, { redirect: 'manual' });
    return status === 308 && headers.get('location') === 'https://localhost/x?y=1';
  });
  await check('speaks HTTP/2', async () => (await http2Status(url(), '/health/live')) === 200);
  await check('sends the headers of security once', async () => {
    const { headers } = await fetch(`${url()}/health/live`);
    return (
      headers.get('strict-transport-security') === 'max-age=63072000; includeSubDomains' &&
      headers.get('x-content-type-options') === 'nosniff' &&
      headers.get('server') === 'nginx'
    );
  });
  await check('compresses, but not what signs in', async () => {
    const docs = await fetch(`${url()}/docs/swagger-ui.css`);
    const auth = await fetch(`${url()}/api/v1/auth/me`);
    return docs.headers.get('content-encoding') === 'gzip' && !auth.headers.has('content-encoding');
  });
  await check('shows no metrics to the outside', async () => (await fetch(`${url()}/metrics`)).status === 404);
  await check(
    'refuses too large a body in the form of the API, and takes larger ones where many things come',
    async () => {
      const person = personAt(url());
      const { status, body } = await person.post('/api/v1/auth/login', { email: 'x'.repeat(2 ** 18) });
      const { status: toBatch } = await person.post('/api/v1/memories/batch', { content: 'x'.repeat(7 * 2 ** 20) });
      if (toBatch !== 401) throw new Error(`a batch of a stranger is answered with ${toBatch}`);
      return status === 413 && body.code === 'payload_too_large';
    },
  );
  await check('keeps nothing on its disk of what many send at once and do not end', async () => {
    const ends = Array.from({ length: 30 }, () => beginUpload(url(), '/api/v1/auth/login', 2 ** 18 - 1));
    try {
      await Promise.all(ends.map(({ sent }) => sent));
      const held = inside('nginx', 'du', '--summarize', '--bytes', '/tmp/body');
      if (!(await ready())) throw new Error('nobody else is answered');
      return Number.parseInt(held, 10) < 2 ** 16;
    } finally {
      for (const { end } of ends) end();
    }
  });
  await check('lets one address send four large bodies at once, and answers the others meanwhile', async () => {
    const uploads = Array.from({ length: 6 }, () => beginUpload(url(), '/api/v1/memories/batch', 2 ** 23));
    try {
      await until('two are refused', () => uploads.filter(({ status }) => status === 429).length === 2);
      const person = personAt(url());
      return (
        (await person.get('/api/v1/memories')).status === 401 && uploads.filter(({ status }) => !status).length === 4
      );
    } finally {
      for (const { end } of uploads) end();
    }
  });
  await check('registers with the set-up token, signs in, remembers and finds', async () => {
    const token = /setup_token\\": \\"([^\\]+)/.exec(compose('logs', 'api-a'))?.[1];
    const person = personAt(url());
    const { status } = await person.post('/api/v1/auth/register', {
      ...ACCOUNT,
      first_name: 'Ada',
      setup_token: token,
    });
    if (status !== 201) throw new Error(`the registration answered ${status}`);
    await person.signIn(ACCOUNT.email, ACCOUNT.password);
    await person.post('/api/v1/memories', { content: 'We live in Lisbon' });
    return remembers();
  });
  await check('says in the form of the API that no server can be reached', async () => {
    compose('stop', ...SERVERS);
    const { status, headers } = await fetch(`${url()}/health/live`);
    compose('start', ...SERVERS);
    await until('ready again', ready);
    return (
      status === 503 &&
      headers.get('content-type') === 'application/problem+json' &&
      headers.get('retry-after') === '5' &&
      headers.get('strict-transport-security')?.startsWith('max-age=')
    );
  });
}

async function checkNetworks() {
  const reaches = (service, host, port) => {
    try {
      inside(service, 'timeout', '3', 'bash', '-c', `exec 3<>/dev/tcp/${host}/${port}`);
      return true;
    } catch {
      return false;
    }
  };
  const addressOf = (service) =>
    must('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', containerOf(service));
  await check('keeps nginx and Prometheus away from the database', () => {
    const database = addressOf('postgres');
    return (
      !reaches('nginx', database, 5432) && !reaches('prometheus', database, 5432) && reaches('redis', database, 5432)
    );
  });
  await check(
    'gives the database no way out',
    () => !reaches('postgres', '1.1.1.1', 443) && !reaches('redis', 'deb.debian.org', 80),
  );
  await check('Prometheus reads the metrics of every server with the token', () =>
    until('three targets', () => {
      const answer = inside(
        'prometheus',
        'bash',
        '-c',
        String.raw`exec 3<>/dev/tcp/127.0.0.1/9090; printf 'GET /api/v1/query?query=sum(up) HTTP/1.0\r\n\r\n' >&3; cat <&3`,
      );
      return /"3"\]/.test(answer);
    }),
  );
}

async function checkBackup() {
  await check('makes a backup and proves it by restoring it', () => {
    cli('backup', 'create');
    return cli('backup', 'list').includes('verified');
  });
  await check('receives the log of PostgreSQL', () =>
    until(
      'a receiver that is connected',
      () => inside('postgres', 'psql', '-U', 'postgres', '-Atc', 'SELECT count(*) FROM pg_stat_replication') === '1',
    ),
  );
}

async function checkFailures() {
  await check('a server that is killed comes back, and nobody notices', async () => {
    const container = containerOf('api-a');
    const before = must('inspect', '--format', '{{.State.Pid}}', container);
    process.kill(Number(before), 'SIGKILL');
    for (let asked = 0; asked < 20; asked += 1) if (!(await ready())) throw new Error('a request failed');
    await until('api-a again', () => {
      const now = must('inspect', '--format', '{{.State.Pid}} {{.State.Health.Status}}', container);
      return now !== `${before} healthy` && /^[1-9]\d* healthy$/.test(now);
    });
  });
  await check('a server that hangs gets no more than what it has, and answers that when it goes on', async () => {
    const live = `${url()}/health/live`;
    const process1 = Number(must('inspect', '--format', '{{.State.Pid}}', containerOf('api-a')));
    process.kill(process1, 'SIGSTOP');
    try {
      const asked = Array.from({ length: 10 }, async () => (await fetch(live)).ok);
      for (let more = 0; more < 20; more += 1) await fetch(live, { signal: AbortSignal.timeout(10_000) });
      const answered = await Promise.race([Promise.all(asked), sleep(1000, [])]);
      if (answered.length > 0) throw new Error('none of the first ten came to it');
      process.kill(process1, 'SIGCONT');
      return (await Promise.all(asked)).every(Boolean);
    } finally {
      process.kill(process1, 'SIGCONT');
    }
  });
  await check('a server is restarted alone', async () => {
    compose('restart', 'api-a');
    const state = () => must('inspect', '--format', '{{.State.Health.Status}}', containerOf('api-a'));
    return until('api-a is healthy', () => state() === 'healthy');
  });
  await check('says that it is not ready while PostgreSQL is away, and recovers by itself', async () => {
    const starts = () => must('inspect', '--format', '{{.State.StartedAt}}', containerOf('api-a'));
    const before = starts();
    compose('stop', 'postgres');
    await until('not ready', async () => (await fetch(`${url()}/health/ready`)).status === 503);
    compose('start', 'postgres');
    await until('ready again', ready);
    return (await until('found again', remembers)) && starts() === before;
  });
}

async function checkRestore() {
  await check('restores the newest backup in the place of the database, as the document says', async () => {
    compose('stop', 'nginx', 'api-a', 'api-b', 'worker', 'receiver');
    const restore = [
      'dist/src/cli/main.js',
      'restore',
      'latest-verified',
      '--identity',
      '/identity/backup.key',
      '--replace',
    ];
    compose('run', '--rm', '--no-deps', '-T', 'worker', ...restore);
    compose('up', '--detach', ...WHOLE);
    await until('ready', ready);
    return until('found', remembers);
  });
}

try {
  for (const part of [checkUp, checkEdge, checkNetworks, checkBackup, checkFailures, checkRolls, checkRestore])
    await part(check);
} catch (error) {
  fail(error);
} finally {
  if (failures() > 0) console.log(compose('logs', '--no-color', '--tail', '8').slice(-8000));
}
end();
