import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig, newSecret, type AppConfig } from '../../src/platform/config/index.js';
import { complaints, hasTools, KUBERNETES, lint, POSTGRESQL, render, template, VALUE_SETS } from '../support/helm.js';
import {
  containersOf,
  filesOf,
  ofKind,
  podOf,
  podsOf,
  selects,
  theOnly,
  theServer,
  valueOf,
  type Container,
  type Labels,
  type Manifest,
} from '../support/kubernetes.js';

const withTools = hasTools ? describe : describe.skip;

/** A release's name may be as long as this. */
const LONGEST = 'the-household-of-the-family-that-has-the-longest-name';
const SECRETS = '/run/secrets/family-assistant/';

withTools.each(VALUE_SETS)('the chart with %s', (set) => {
  let manifests: readonly Manifest[];

  beforeAll(async () => {
    manifests = await render(set);
  });

  it('passes the strict lint', async () => {
    expect((await lint(set)).text).toMatch(/\b1 chart\(s\) linted, 0 chart\(s\) failed/);
  });

  it.each(KUBERNETES)('is valid for Kubernetes %s', async (kubernetes) => {
    const { output } = await template(set, { kubernetes });
    expect(await complaints(output, kubernetes)).toEqual([]);
  });

  it('starts only pods that meet the restricted standard, and have no way to the API of the cluster', () => {
    const pods = podsOf(manifests);
    expect(pods.length).toBeGreaterThan(0);
    for (const pod of pods) {
      expect(pod.spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      expect(pod.spec).not.toHaveProperty('hostNetwork');
      expect(pod.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: expect.any(Number),
        seccompProfile: { type: expect.stringMatching(/^(RuntimeDefault|Localhost)$/) },
      });
      for (const { securityContext } of containersOf(pod))
        expect(securityContext).toEqual({
          runAsNonRoot: true,
          privileged: false,
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
    }
  });

  it('bounds the memory of every container, and asks for what it needs', () => {
    for (const { resources } of podsOf(manifests).flatMap(containersOf)) {
      expect(resources.limits).toHaveProperty('memory');
      expect(resources.requests).toMatchObject({ cpu: expect.anything(), memory: expect.anything() });
    }
  });

  it('mounts volumes that there are, writes into folders that are bounded, and takes nothing of the node', () => {
    for (const pod of podsOf(manifests)) {
      const { volumes } = pod.spec;
      expect(JSON.stringify(volumes)).not.toContain('hostPath');
      for (const { emptyDir } of volumes) if (emptyDir) expect(emptyDir.sizeLimit).toMatch(/^\d+[MG]i$/);
      const names = volumes.map(({ name }) => name);
      const mounted = containersOf(pod).flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name));
      expect([...new Set(mounted)].sort()).toEqual(names.toSorted());
    }
  });

  it('has no secret of its own, and no value of one', () => {
    expect(ofKind(manifests, 'Secret')).toEqual([]);
    for (const pod of podsOf(manifests)) {
      const files = filesOf(pod);
      for (const { env = [] } of containersOf(pod)) {
        const named = env.filter(({ name }) => /(_URL|_KEY|_SECRET|_TOKEN|_PREVIOUS)_FILE$/.test(name));
        for (const { name, value = '' } of named) {
          expect(value).toBe(`${SECRETS}${name.replace(/_FILE$/, '')}`);
          expect(files).toContain(basename(value));
        }
        for (const { name, valueFrom } of env) {
          expect(valueFrom).toBeUndefined();
          expect(name).not.toMatch(
            /SECRET_KEY$|TOKEN$|PREVIOUS$|CLIENT_SECRET$|SECRET_ACCESS_KEY$|DATABASE(_OWNER)?_URL$/,
          );
        }
      }
    }
  });

  it('selects what it means to', () => {
    const server = theServer(manifests);
    const { labels } = server.spec.template.metadata;
    const pods = podsOf(manifests).map(({ metadata }) => metadata.labels);
    const selected = (wanted: Labels): number => pods.filter((each) => selects(wanted, each)).length;
    const wanted = [
      server.spec.selector.matchLabels,
      ...ofKind(manifests, 'Service').map(({ spec }) => spec.selector as Labels),
      ...ofKind(manifests, 'PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
      ...(server.spec.template.spec.topologySpreadConstraints ?? []).map(
        ({ labelSelector }) => labelSelector.matchLabels,
      ),
    ];
    for (const each of wanted) {
      expect(selects(each, labels)).toBe(true);
      expect(selected(each)).toBe(1);
    }
    const policies = ofKind(manifests, 'NetworkPolicy').map(({ spec }) => spec.podSelector.matchLabels);
    if (policies.length > 0)
      for (const pod of pods) expect(policies.filter((each) => selects(each, pod))).toHaveLength(1);
    for (const { spec } of ofKind(manifests, 'HorizontalPodAutoscaler'))
      expect(spec.scaleTargetRef).toMatchObject({ kind: 'Deployment', name: server.metadata.name });
    for (const { spec } of ofKind(manifests, 'ServiceMonitor')) {
      const [service, ...others] = ofKind(manifests, 'Service').filter(({ metadata }) =>
        selects(spec.selector.matchLabels, metadata.labels),
      );
      expect(others).toEqual([]);
      expect(service?.spec.ports.map(({ name }) => name)).toContain(spec.endpoints[0]?.port);
    }
  });

  it('names ports that there are', () => {
    const [server] = theServer(manifests).spec.template.spec.containers;
    const names = server?.ports?.map(({ name }) => name) ?? [];
    for (const { spec } of ofKind(manifests, 'Service'))
      for (const { targetPort } of spec.ports) expect(names).toContain(targetPort);
    for (const { spec } of ofKind(manifests, 'NetworkPolicy'))
      for (const { ports } of spec.ingress ?? []) for (const { port } of ports) expect(names).toContain(port);
    for (const { spec } of ofKind(manifests, 'Ingress'))
      for (const { backend } of spec.rules.flatMap(({ http }) => http.paths)) {
        const { ports } = theOnly(manifests, 'Service', backend.service.name).spec;
        expect(ports.map(({ name }) => name)).toContain(backend.service.port.name);
      }
  });

  it.each(['home', LONGEST])('has names that are short enough, as release %s', async (name) => {
    const release = await render(set, { name });
    const places = release.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(places).size).toBe(places.length);
    for (const manifest of release) {
      const { metadata, kind } = manifest;
      // The pods of a CronJob have eleven characters more.
      expect(metadata.name).toMatch(
        kind === 'CronJob' ? /^[a-z][a-z0-9-]{0,50}[a-z0-9]$/ : /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
      );
      const pod = podOf(manifest)?.metadata.labels ?? {};
      for (const value of [...Object.values(metadata.labels), ...Object.values(pod)])
        expect(value).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,61}[A-Za-z0-9]$/);
    }
  });

  it('probes what touches nothing to restart a server, and what is needed to send it requests', () => {
    const { spec } = theServer(manifests).spec.template;
    const [server] = spec.containers;
    expect(server?.livenessProbe?.httpGet).toEqual({ path: '/health/live', port: 'http' });
    expect(server?.startupProbe?.httpGet).toEqual({ path: '/health/live', port: 'http' });
    expect(server?.readinessProbe?.httpGet).toEqual({ path: '/health/ready', port: 'http' });
    // Each part is given two seconds to say how it is.
    expect(server?.readinessProbe?.timeoutSeconds).toBeGreaterThan(2);
    const { startupProbe } = server ?? {};
    expect((startupProbe?.periodSeconds ?? 0) * (startupProbe?.failureThreshold ?? 0)).toBeGreaterThan(30);
  });

  it('gives a server that ends its pause, and all the time that it may need', () => {
    const { spec } = theServer(manifests).spec.template;
    const [server] = spec.containers;
    const pause = server?.lifecycle?.preStop.sleep.seconds ?? 0;
    const delay = Number(valueOf(server, 'SHUTDOWN_DELAY'));
    const timeout = Number(valueOf(server, 'SHUTDOWN_TIMEOUT'));
    expect(pause).toBeGreaterThanOrEqual(5);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(pause + delay + timeout);
  });

  describe('has settings', () => {
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'family-assistant-helm-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('that the server takes, in each of its pods', async () => {
      // The receiver signs nobody in: it reads the settings of the database and of backups alone, and has no others.
      const containers = podsOf(manifests)
        .flatMap(({ spec }) => spec.containers)
        .filter(({ name }) => name !== 'receiver');
      for (const container of containers) {
        const { server, database } = await configOf(container, folder);
        expect(server).toMatchObject({ isProduction: true, dataDir: '/data' });
        expect(database.isEmbedded).toBe(!POSTGRESQL.includes(set));
        const isServer = container.name === 'server';
        expect(server.isLoopback).toBe(!isServer);
        if (!isServer) continue;
        const ports = Object.fromEntries(
          container.ports?.map(({ name, containerPort }) => [name, containerPort]) ?? [],
        );
        expect(ports['http']).toBe(server.port);
        expect(ports['management']).toBe(server.managementPort);
      }
    });
  });
});

/** The configuration that a container would have, with secrets of their kind. @throws ConfigError */
async function configOf({ env = [] }: Container, folder: string): Promise<AppConfig> {
  const entries = await Promise.all(
    env.map(async ({ name, value = '' }) => {
      // As the kubelet reads it.
      if (!value.startsWith(SECRETS)) return [name, value.replaceAll('$$', '$')];
      const file = join(folder, basename(value));
      await writeFile(file, secretFor(basename(value)));
      return [name, file];
    }),
  );
  return loadConfig(Object.fromEntries(entries) as Record<string, string>);
}

function secretFor(name: string): string {
  if (/DATABASE.*_URL$/.test(name)) return `postgresql://${name.toLowerCase()}:x@database/family`;
  if (name === 'REDIS_URL') return 'rediss://:x@redis:6379/0';
  if (name === 'SMTP_URL') return 'smtps://family:x@mail.example.org';
  return newSecret();
}

withTools('the validation', () => {
  it('finds a field that there is not', async () => {
    const { output } = await template('closed.yaml');
    const misspelt = output.replaceAll('readOnlyRootFilesystem', 'readonlyRootFilesystem');
    const found = await complaints(misspelt, KUBERNETES[0]);
    expect(found.filter((line) => line.includes("'readonlyRootFilesystem' not allowed"))).toHaveLength(3);
  });
});
