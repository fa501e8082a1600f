/** Proves scripts/deployment/roll.sh and certificate.sh on the containers of docker-compose.prod.yml, under load. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import {
  compose,
  containerOf,
  OPTIONS,
  PLACE,
  portOf,
  ready,
  remembers,
  url,
  ACCOUNT,
  WHOLE,
} from './compose-project.mjs';
import { personAt, until } from './docker.mjs';

/** Asks until it is told to stop, by new connections and by kept-alive ones, slower than nginx allows one address. */
function load(person) {
  const counts = { good: 0, bad: [] };
  let isOver = false;
  const repeat = async (pause, ask) => {
    for (; !isOver; await sleep(pause))
      try {
        const status = await ask();
        if (status === 200) counts.good += 1;
        else counts.bad.push(status);
      } catch (error) {
        counts.bad.push(error.cause?.code ?? error.message);
      }
  };
  const live = `${url()}/health/live`;
  const get = async (headers) => {
    const answer = await fetch(live, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };
  const running = Promise.all([
    repeat(60, () => get({ connection: 'close' })),
    repeat(60, () => get({})),
    repeat(250, async () => (await person.get('/api/v1/auth/me')).status),
  ]);
  return async () => {
    isOver = true;
    await running;
    return counts;
  };
}

/** Runs a script of this folder. @returns its exit code and what it said */
async function run(script, args, env = {}) {
  const child = spawn('bash', [`scripts/deployment/${script}`, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, said };
}

/** Rolls while people ask. @returns how it ended @throws Error when a request failed meanwhile */
async function rollUnderLoad(...options) {
  const person = personAt(url());
  await person.signIn(ACCOUNT.email, ACCOUNT.password);
  const stop = load(person);
  const ended = await run('roll.sh', [...OPTIONS, ...options]);
  const { good, bad } = await stop();
  if (bad.length > 0) throw new Error(`${bad.length} of ${good + bad.length} failed: ${[...new Set(bad)].join(', ')}`);
  return { ...ended, good };
}

const listOfServers = () => readFileSync(join(PLACE, 'upstream/upstream.conf'), 'utf8');

const certificateNow = () =>
  new Promise((resolve, reject) => {
    const socket = connect({ port: Number(portOf('8443')), host: 'localhost', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });

async function checkCertificate(check) {
  await check('takes over a new certificate, as certbot brings it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'family-assistant-certificates-'));
    const takes = async (lineage) => {
      const { code, said } = await run('certificate.sh', ['.'], { RENEWED_LINEAGE: lineage });
      if (code !== 0) throw new Error(`certificate.sh ended with ${code}: ${said.slice(-400)}`);
    };
    try {
      for (const name of ['fullchain.pem', 'privkey.pem'])
        writeFileSync(join(folder, name), readFileSync(join(PLACE, 'secrets/tls', name)), { mode: 0o600 });
      await run('secrets.sh', [join(folder, 'new')]);
      const before = await certificateNow();
      await takes(join(folder, 'new/tls'));
      await until('the new one', async () => (await certificateNow()) !== before);
      await takes(folder);
      return await until('the old one again', async () => (await certificateNow()) === before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

async function checkRoll(check) {
  await check('leaves a version that does not start out of nginx, and fails no request', async () => {
    const broken = join(PLACE, 'broken.yml');
    writeFileSync(broken, JSON.stringify({ services: { 'api-a': { command: ['-e', 'process.exit(3)'] } } }));
    const { code, said, good } = await rollUnderLoad('--file', broken);
    if (code === 0 || !said.includes('api-a stays out of nginx')) throw new Error(`exit ${code}: ${said.slice(-400)}`);
    return /^server api-a:.* down;$/m.test(listOfServers()) && (await ready()) && `${good} requests`;
  });
  await check('takes over a new version without a failed request, and puts back who was left out', async () => {
    const before = containerOf('api-b');
    const { code, said, good } = await rollUnderLoad();
    if (code !== 0) throw new Error(`roll.sh ended with ${code}: ${said.slice(-400)}`);
    if (/ down;/.test(listOfServers())) throw new Error('a server is still out of nginx');
    return containerOf('api-b') !== before && `${good} requests`;
  });
  await check('has what it knew after down and up', async () => {
    compose('down', '--timeout', '60');
    compose('up', '--detach', ...WHOLE);
    await until('ready', ready);
    return until('found', remembers);
  });
}

/** All of it. @param {(what: string, holds: () => unknown) => Promise<void>} check */
export async function checkRolls(check) {
  await checkCertificate(check);
  await checkRoll(check);
}
