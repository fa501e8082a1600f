/** PostgreSQL and Redis for the checks, and the volumes of a folder of one node. All but what makes the folder meets the restricted standard. */
import { readFileSync } from 'node:fs';
import { apply, must, NAMESPACE, PATIENCE } from './cluster.mjs';
import { until } from '../docker.mjs';

/** Where one node keeps the volumes, while the checks run. */
const FOLDER = '/var/tmp/family-assistant-kubernetes';
/** What makes and deletes that folder may not run where the release does. */
const OUTSIDE = 'family-volumes';
/** The label by which a node is found. */
const HOST = 'kubernetes.io/hostname';
/** The user of PostgreSQL in its images, and that of the server in ours. */
const OWNERS = { postgres: 999, backups: 10001 };

const container = (fields) => ({
  imagePullPolicy: 'IfNotPresent',
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
  ...fields,
});

const deployment = (name, userId, spec) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    replicas: 1,
    strategy: { type: 'Recreate' },
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: userId,
          runAsGroup: userId,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        ...spec,
      },
    },
  },
});

const service = (name, port) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: NAMESPACE },
  spec: { selector: { app: name }, ports: [{ port }] },
});

const postgres = (image) =>
  deployment('postgres', OWNERS.postgres, {
    containers: [
      container({
        name: 'postgres',
        image,
        args: ['postgres', '-c', 'max_slot_wal_keep_size=1GB'],
        env: [
          { name: 'PGDATA', value: '/var/lib/postgresql/data/pgdata' },
          { name: 'POSTGRES_PASSWORD_FILE', value: '/run/secrets/postgres_password' },
        ],
        readinessProbe: {
          exec: {
            command: ['pg_isready', '--quiet', '--host=127.0.0.1', '--username=family_login', '--dbname=family'],
          },
          periodSeconds: 2,
          timeoutSeconds: 5,
        },
        volumeMounts: [
          { name: 'data', mountPath: '/var/lib/postgresql/data' },
          { name: 'secrets', mountPath: '/run/secrets' },
          { name: 'scripts', mountPath: '/docker-entrypoint-initdb.d' },
          { name: 'tmp', mountPath: '/tmp' },
          { name: 'socket', mountPath: '/var/run/postgresql' },
        ],
      }),
    ],
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: 'postgres' } },
      { name: 'secrets', secret: { secretName: 'postgres', defaultMode: 0o444 } },
      { name: 'scripts', configMap: { name: 'postgres', defaultMode: 0o555 } },
      { name: 'tmp', emptyDir: {} },
      { name: 'socket', emptyDir: {} },
    ],
  });

const redis = (image) =>
  deployment('redis', OWNERS.postgres, {
    containers: [
      container({
        name: 'redis',
        image,
        args: ['redis-server', '/run/secrets/redis.conf'],
        readinessProbe: { tcpSocket: { port: 6379 }, periodSeconds: 2 },
        volumeMounts: [
          { name: 'secrets', mountPath: '/run/secrets' },
          { name: 'data', mountPath: '/data' },
        ],
        workingDir: '/data',
      }),
    ],
    volumes: [
      { name: 'secrets', secret: { secretName: 'redis', defaultMode: 0o444 } },
      { name: 'data', emptyDir: {} },
    ],
  });

/** Runs a script as root on the node, with the parent of the folder at /node. */
async function onNode(node, image, name, script) {
  apply([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: OUTSIDE, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: OUTSIDE },
      spec: {
        nodeSelector: { [HOST]: node },
        restartPolicy: 'Never',
        containers: [
          {
            name: 'script',
            image,
            imagePullPolicy: 'IfNotPresent',
            command: ['bash', '-euc', script],
            securityContext: { runAsUser: 0 },
            volumeMounts: [{ name: 'node', mountPath: '/node' }],
          },
        ],
        volumes: [{ name: 'node', hostPath: { path: '/var/tmp', type: 'Directory' } }],
      },
    },
  ]);
  const phase = await until(
    `the end of ${name}`,
    () => {
      const found = must('kubectl', ['--namespace', OUTSIDE, 'get', 'pod', name, '--output=jsonpath={.status.phase}']);
      return ['Succeeded', 'Failed'].includes(found) && found;
    },
    PATIENCE,
  );
  if (phase === 'Failed') throw new Error(`${name}: ${must('kubectl', ['--namespace', OUTSIDE, 'logs', name])}`);
}

const inner = FOLDER.replace('/var/tmp', '/node');

/** The node of the volumes: the first one that takes any pod. */
export function chooseNode() {
  const { items } = JSON.parse(must('kubectl', ['get', 'nodes', '--output', 'json']));
  const isOpen = ({ spec }) =>
    !spec.unschedulable && !(spec.taints ?? []).some(({ effect }) => effect !== 'PreferNoSchedule');
  const node = items.find(isOpen);
  if (!node) throw new Error('no node takes pods');
  return node.metadata.labels[HOST];
}

/** Volumes of a folder of one node, empty. Each has the name of its claim. */
export async function makeVolumes(node, image) {
  const owned = Object.entries(OWNERS).map(([name, id]) => `install -d -m 700 -o ${id} -g ${id} ${inner}/${name}`);
  await onNode(node, image, 'make', [`rm -rf ${inner}`, `install -d -m 755 ${inner}`, ...owned].join('\n'));
  const volumes = Object.keys(OWNERS).flatMap((name) => {
    const common = { accessModes: ['ReadWriteMany'], storageClassName: NAMESPACE };
    return [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: `${NAMESPACE}-${name}` },
        spec: {
          ...common,
          capacity: { storage: '5Gi' },
          persistentVolumeReclaimPolicy: 'Retain',
          hostPath: { path: `${FOLDER}/${name}`, type: 'Directory' },
          claimRef: { name, namespace: NAMESPACE },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: HOST, operator: 'In', values: [node] }] }],
            },
          },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name, namespace: NAMESPACE },
        spec: { ...common, volumeName: `${NAMESPACE}-${name}`, resources: { requests: { storage: '1Gi' } } },
      },
    ];
  });
  apply(volumes);
}

/** Deletes all that was made, in the cluster and on the node. */
export async function removeAll(node, image) {
  must('kubectl', ['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait', '--timeout=5m']);
  for (const name of Object.keys(OWNERS))
    must('kubectl', ['delete', 'persistentvolume', `${NAMESPACE}-${name}`, '--ignore-not-found']);
  await onNode(node, image, 'remove', `rm -rf ${inner}`);
  must('kubectl', ['delete', 'namespace', OUTSIDE, '--ignore-not-found', '--wait', '--timeout=5m']);
}

/**
 * Starts PostgreSQL and Redis.
 * @param {{ postgres: string, redis: string }} images
 * @param {(name: string) => string} secretOf the secrets that scripts/deployment/secrets.sh has made
 */
export async function startStores(images, secretOf) {
  const secret = (name, files) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: NAMESPACE },
    stringData: Object.fromEntries(files.map((file) => [file, secretOf(file)])),
  });
  apply([
    secret('postgres', [
      'postgres_password',
      'postgres_owner_password',
      'postgres_login_password',
      'postgres_backup_password',
    ]),
    secret('redis', ['redis.conf']),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'postgres', namespace: NAMESPACE },
      data: {
        'init.sh': readFileSync('docker/postgres/init.sh', 'utf8'),
        // The receiver may come from another node, and so from another network than PostgreSQL's own.
        'receiver.sh': `#!/bin/bash\necho 'host replication family_backup all scram-sha-256' >>"$PGDATA/pg_hba.conf"\n`,
      },
    },
    service('postgres', 5432),
    service('redis', 6379),
    postgres(images.postgres),
    redis(images.redis),
  ]);
  for (const name of ['postgres', 'redis'])
    must('kubectl', ['--namespace', NAMESPACE, 'rollout', 'status', `deployment/${name}`, '--timeout=10m']);
}
