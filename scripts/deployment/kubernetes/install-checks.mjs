/** The installation, and what stands when it is done. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  apply,
  kubectl,
  NAMESPACE,
  objects,
  restartsOf,
  run,
  SERVER,
  serversReady,
  serviceUrl,
  sql,
} from './cluster.mjs';
import { makeVolumes, startStores } from './stand-ins.mjs';
import { moveIn, remembered, RULES, statusFor, withSecrets, writeValues } from './release.mjs';

/** A pod that the restricted standard forbids. */
const FORBIDDEN = JSON.stringify({
  spec: { containers: [{ name: 'forbidden', image: 'none', securityContext: { privileged: true } }] },
});

const migrationsIn = () => sql("SELECT count(*) || ' of ' || count(DISTINCT name) FROM migrations");

/** How many migrations were applied, and when the last object of the database was made. */
export const migrated = () => `${migrationsIn()}, ${sql('SELECT max(xmin::text::bigint) FROM migrations')}`;

export async function checkInstall({ check, page, folder, images, node, tag, person }) {
  await check('the cluster has no namespace of these names', () => {
    for (const name of [NAMESPACE, 'family-volumes'])
      if (run('kubectl', ['get', 'namespace', name]).code === 0) throw new Error(`there is ${name}`);
  });
  await check('the commands before it make the namespace and the secrets', () => {
    page.run('Before', 0, withSecrets(folder));
    return objects('secrets').length === 3;
  });
  await check('the namespace takes no pod that is not restricted', () => {
    const { code, all } = run('kubectl', [
      ...['--namespace', NAMESPACE, 'run', 'forbidden', '--image', 'none', '--restart', 'Never'],
      ...['--overrides', FORBIDDEN],
    ]);
    return code !== 0 && all.includes('violates PodSecurity "restricted');
  });
  await check('PostgreSQL and Redis start in it', async () => {
    await makeVolumes(node, images.postgres);
    await startStores(images, (name) => readFileSync(join(folder, 'secrets', name), 'utf8').trim());
    apply([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'rules', namespace: NAMESPACE },
        data: { 'rules.yaml': JSON.stringify(RULES) },
      },
    ]);
  });
  await check('helm install, by the values of the page', async () => {
    writeValues(folder, page.values('Install'), tag);
    const begun = performance.now();
    const log = page.run('Install', 0);
    await serversReady(2);
    const seconds = Math.round((performance.now() - begun) / 1000);
    await moveIn(log);
    return `two servers ready after ${seconds} s`;
  });
  await check('the Service answers that it is ready, and knows the person', async () => {
    const { status } = await fetch(`${serviceUrl()}/ready`);
    return status === 200 && (await statusFor('nobody')) === 401;
  });
  await check('what the person wants remembered is found', async () => {
    await person.signInAnew();
    return (await remembered(person)).length === 1;
  });
  await checkMigrations({ check });
  await check('the servers have the rules of the ConfigMap beside the shipped ones', () => {
    const said = kubectl('exec', SERVER, '--', 'node', 'dist/src/cli/main.js', 'alerts', 'check');
    return said;
  });
}

async function checkMigrations({ check }) {
  await check('migrations ran once, in the Job alone', () => {
    const [all, distinct] = migrationsIn().split(' of ');
    const started = objects('events').filter(
      ({ reason, involvedObject }) =>
        reason === 'SuccessfulCreate' && involvedObject.name === 'family-family-assistant-migration',
    );
    const pods = new Set(started.map(({ message }) => message));
    if (pods.size !== 1) throw new Error(`${pods.size} pods of the Job: ${[...pods].join('; ')}`);
    if (objects('jobs').some(({ metadata }) => metadata.name.endsWith('-migration')))
      throw new Error('the Job is still there');
    return Number(all) > 0 && all === distinct && `${all} migrations`;
  });
  await check('no pod was started again, none has a token of the cluster', async () => {
    for (const pod of await serversReady(2)) {
      if (restartsOf(pod) > 0) throw new Error(`${pod.metadata.name} was`);
      if (JSON.stringify(pod.spec.containers).includes('serviceaccount')) throw new Error(`${pod.metadata.name} has`);
    }
  });
}
