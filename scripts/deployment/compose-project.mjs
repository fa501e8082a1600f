/** The running containers of docker-compose.prod.yml, to those who check them. scripts/deployment/compose.sh says where they are. */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { personAt } from './docker.mjs';

const { FA_COMPOSE = '', FA_SETTINGS = '' } = process.env;
/** Folder of the settings, the secrets, the certificate and the list of servers. */
export const PLACE = dirname(FA_SETTINGS);
export const OPTIONS = ['--env-file', FA_SETTINGS, '--file', 'docker-compose.prod.yml'];
export const SERVERS = ['api-a', 'api-b'];
export const OWN = [...SERVERS, 'worker', 'receiver', 'migrate'];
export const WHOLE = ['nginx', ...OWN, 'postgres', 'redis', 'prometheus', 'alertmanager'];
export const ACCOUNT = { email: 'ada@example.org', password: 'violet-harbour-93-teapots' };
const LIMIT = 300_000;

/** Runs `docker compose` with these arguments. @returns what it printed @throws Error when it fails */
export function compose(...args) {
  const [program, ...first] = FA_COMPOSE.split(' ');
  const { status, stdout, stderr } = spawnSync(program, [...first, ...OPTIONS, ...args], {
    encoding: 'utf8',
    timeout: LIMIT,
  });
  if (status !== 0)
    throw new Error(`compose ${args.slice(0, 2).join(' ')}: exit ${status}: ${stderr.trim().slice(-600)}`);
  return stdout.trim();
}

export const containerOf = (service) => compose('ps', '--all', '--quiet', service);
export const portOf = (inner) => compose('port', 'nginx', inner).split(':').at(-1);
/** Of nginx: its port changes with each start. */
export const url = () => `https://localhost:${portOf('8443')}`;
export const inside = (service, ...command) => compose('exec', '-T', service, ...command);
export const cli = (...args) => inside('worker', 'node', 'dist/src/cli/main.js', ...args);
export const ready = async () => (await fetch(`${url()}/health/ready`)).ok;

/** Whether the account can sign in and finds what it has remembered. */
export async function remembers() {
  const person = personAt(url());
  const status = await person.signIn(ACCOUNT.email, ACCOUNT.password);
  if (status !== 200) throw new Error(`the sign-in was answered with ${status}`);
  const { body } = await person.post('/api/v1/memories/search', { query: 'Where do we live?' });
  return body.results?.[0]?.content === 'We live in Lisbon';
}
