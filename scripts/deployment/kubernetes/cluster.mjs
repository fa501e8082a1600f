/** What the checks of the chart ask of the cluster that KUBECONFIG names. */
import { spawnSync } from 'node:child_process';
import { until } from '../docker.mjs';

export const NAMESPACE = 'family';
/** The Deployment of the release that docs/operations/KUBERNETES.md installs. */
export const SERVER = 'deployment/family-family-assistant';
/** Longest wait for something of the cluster, in milliseconds: a machine may have other work. */
export const PATIENCE = 600_000;

const SERVERS = 'app.kubernetes.io/component=server';

/**
 * Runs a program.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ input?: string, cwd?: string }} options
 * @returns {{ code: number | null, out: string, all: string }} `out` is what it printed, `all` with its errors
 */
export function run(program, args, { input, cwd } = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: PATIENCE,
    ...(input !== undefined && { input }),
    ...(cwd !== undefined && { cwd }),
  });
  if (error) throw new Error(`${program} ${args.slice(0, 4).join(' ')}: ${error.message}`);
  return { code: status, out: stdout.trim(), all: `${stdout}${stderr}` };
}

/**
 * Runs a program that has to succeed.
 * @returns {string} what it printed
 */
export function must(program, args, options) {
  const { code, out, all } = run(program, args, options);
  if (code !== 0)
    throw new Error(`${program} ${args.slice(0, 6).join(' ').slice(-200)}: exit ${code}: ${all.trim().slice(-600)}`);
  return out;
}

/** kubectl in the namespace of the release, which has to succeed. */
export const kubectl = (...args) => must('kubectl', ['--namespace', NAMESPACE, ...args]);

/** Objects of a kind, as the cluster has them. */
export const objects = (kind, ...args) => JSON.parse(kubectl('get', kind, '--output', 'json', ...args)).items;

/** Makes or changes objects. */
export function apply(manifests) {
  must('kubectl', ['apply', '--filename', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }),
  });
}

/** Pods of the servers that are not about to end, by their names. */
export const serverPods = () =>
  objects('pods', '--selector', SERVERS)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));

export const isReady = ({ status }) =>
  (status.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');

/** How often each container of a pod was started again. */
export const restartsOf = ({ status }) =>
  (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);

/** Waits until so many servers are ready, and no others are left, not even those that are about to end. */
export const serversReady = (wanted) =>
  until(
    `${wanted} servers that are ready, and no others`,
    () => {
      const pods = objects('pods', '--selector', SERVERS);
      return pods.length === wanted && pods.every(isReady) && pods;
    },
    PATIENCE,
  );

/** The address of the Service, which only a machine of the cluster reaches. */
export function serviceUrl() {
  const { spec } = JSON.parse(kubectl('get', 'service', 'family-family-assistant', '--output', 'json'));
  return `http://${spec.clusterIP}:${spec.ports[0].port}`;
}

/** One row of the database, as text. */
export const sql = (statement, database = 'family') =>
  kubectl('exec', 'deployment/postgres', '--', 'psql', '-U', 'postgres', '-d', database, '-Atc', statement);

/** Runs JavaScript in a pod of the servers, which has no shell. */
export const nodeIn = (pod, script) =>
  run('kubectl', ['--namespace', NAMESPACE, 'exec', pod, '--', 'node', '--input-type=module', '--eval', script]);
