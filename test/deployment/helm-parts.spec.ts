import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { hasTools, notes, POSTGRESQL, render, template, VALUE_SETS, withChart } from '../support/helm.js';
import { filesOf, ofKind, podsOf, selects, theOnly, theServer, valueOf, type Manifest } from '../support/kubernetes.js';

const withTools = hasTools ? describe : describe.skip;

withTools('with PostgreSQL', () => {
  it.each(POSTGRESQL)('%s takes no server away before another one is there', async (set) => {
    const { spec } = theServer(await render(set));
    expect(spec.strategy).toMatchObject({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } });
    for (const { whenUnsatisfiable } of spec.template.spec.topologySpreadConstraints ?? [])
      expect(whenUnsatisfiable).toBe('ScheduleAnyway');
  });

  it.each(POSTGRESQL.filter((set) => set !== 'one-port.yaml'))(
    '%s keeps the login of the owner, and the keys of backups, from the servers',
    async (set) => {
      const manifests = await render(set);
      const has = (kind: string): readonly string[] =>
        podsOf(manifests)
          .filter((pod) => pod.kind === kind)
          .flatMap(filesOf);
      expect(has('Job').toSorted()).toEqual(['DATABASE_OWNER_URL', 'DATABASE_URL', 'JWT_SECRET_KEY']);
      expect(has('CronJob')).toContain('DATABASE_OWNER_URL');
      const ofServer = filesOf(theServer(manifests).spec.template);
      expect(ofServer).toContain('DATABASE_URL');
      expect(ofServer.filter((name) => /OWNER|BACKUP/.test(name))).toEqual([]);
      const [server] = theServer(manifests).spec.template.spec.containers;
      const named = (server?.env ?? []).map(({ name }) => name).filter((name) => name.startsWith('BACKUP_'));
      expect(named.filter((name) => !['BACKUP_KEPT_DAYS', 'BACKUP_ELSEWHERE'].includes(name))).toEqual([]);
      expect(valueOf(server, 'DATABASE_MIGRATE')).toBe('false');
    },
  );

  it('servers migrate by themselves where nobody else does', async () => {
    const manifests = await render('one-port.yaml');
    expect(ofKind(manifests, 'Job')).toEqual([]);
    const server = theServer(manifests).spec.template;
    expect(filesOf(server)).toContain('DATABASE_OWNER_URL');
    expect(valueOf(server.spec.containers[0], 'DATABASE_MIGRATE')).toBe('true');
  });

  it.each(POSTGRESQL.filter((set) => set !== 'one-port.yaml'))(
    '%s migrates before anything else of a release, on nothing that is not there yet',
    async (set) => {
      const manifests = await render(set);
      const hooks = manifests.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined);
      const byWeight = hooks.toSorted((a, b) => weightOf(a) - weightOf(b));
      expect(byWeight.map(({ kind }) => kind)).toEqual(['NetworkPolicy', 'Job']);
      for (const { metadata } of hooks)
        expect(metadata.annotations).toMatchObject({
          'helm.sh/hook': 'pre-install,pre-upgrade',
          'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
        });
      const [policy, job] = byWeight;
      expect(selects(policy?.spec.podSelector.matchLabels ?? {}, job?.spec.template.metadata.labels ?? {})).toBe(true);
      expect(job?.spec.template.spec.containers).toMatchObject([
        { command: ['node', 'dist/src/cli/main.js'], args: ['migrate', 'up'] },
      ]);
      const made = manifests.filter((each) => !hooks.includes(each)).map(({ metadata }) => metadata.name);
      const claims = job?.spec.template.spec.volumes.flatMap(
        ({ persistentVolumeClaim: claim }) => claim?.claimName ?? [],
      );
      expect(claims?.filter((name) => made.includes(name))).toEqual([]);
    },
  );

  it('makes a backup a day, one at a time, by the image with the client of PostgreSQL', async () => {
    const { spec } = theOnly(await render('postgresql-s3.yaml'), 'CronJob');
    expect(spec).toMatchObject({ schedule: '17 3 * * *', timeZone: 'Etc/UTC', concurrencyPolicy: 'Forbid' });
    const [backup] = spec.jobTemplate.spec.template.spec.containers;
    expect(backup).toMatchObject({
      image: 'registry.example.org/family-assistant-tools:0.1.0',
      command: ['node', 'dist/src/cli/main.js'],
      args: ['backup', 'create'],
    });
  });

  it('servers watch over the backups that are made elsewhere', async () => {
    const watched = async (set: string, more = ''): Promise<string | undefined> =>
      valueOf(theServer(await render(set, { more })).spec.template.spec.containers[0], 'BACKUP_ELSEWHERE');
    expect(await watched('postgresql-s3.yaml')).toBe('verified');
    expect(await watched('postgresql-s3.yaml', 'backup: { identity: { secret: "" } }')).toBe('made');
    expect(await watched('postgresql-s3.yaml', 'backup: { enabled: false }')).toBeUndefined();
    expect(await watched('embedded.yaml')).toBeUndefined();
  });

  it('a key for backups is put where its owner alone can read it', async () => {
    const { spec } = theOnly(await render('postgresql-s3.yaml'), 'CronJob').spec.jobTemplate.spec.template;
    expect(spec.volumes.find(({ name }) => name === 'identity')?.emptyDir?.medium).toBe('Memory');
    const [identity] = spec.initContainers ?? [];
    await expectToCopy(identity?.args?.[0] ?? '');
    const [backup] = spec.containers;
    expect(valueOf(backup, 'BACKUP_IDENTITY_FILE')).toBe('/run/backup-identity/identity');
    expect(backup?.volumeMounts.map(({ name }) => name)).not.toContain('identity-secret');
  });

  it('one process receives the log of PostgreSQL where that is wanted, with the settings of backups alone', async () => {
    const receiver = theOnly(await render('everything.yaml'), 'Deployment', 'home-family-receiver').spec;
    expect(receiver).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    const { spec } = receiver.template;
    expect(spec.containers).toMatchObject([
      {
        image: 'registry.example.org:5000/home/family-assistant-tools:0.1.0',
        command: ['node', 'dist/src/cli/main.js'],
        args: ['backup', 'receive-wal'],
      },
    ]);
    expect(filesOf(receiver.template)).toEqual(['BACKUP_DATABASE_URL', 'DATABASE_OWNER_URL', 'DATABASE_URL']);
    const [container] = spec.containers;
    expect(valueOf(container, 'BACKUP_FOLDER')).toBe('/backups');
    expect(valueOf(container, 'BACKUP_IDENTITY_FILE')).toBeUndefined();
    expect(valueOf(container, 'MAIL_FROM')).toBeUndefined();
    expect(spec.volumes.find(({ name }) => name === 'data')?.persistentVolumeClaim?.claimName).toBe('family-log');
    expect(ofKind(await render('postgresql-s3.yaml'), 'Deployment')).toHaveLength(1);
  });

  it('servers have the rules of alerts that somebody has written, and nobody else has', async () => {
    const pods = podsOf(await render('everything.yaml'));
    const [server, ...others] = pods.filter(({ spec }) => spec.volumes.some(({ name }) => name === 'alert-rules'));
    expect(others).toEqual([]);
    const container = server?.spec.containers[0];
    expect(container?.name).toBe('server');
    const file = valueOf(container, 'ALERTS_RULES_FILE') ?? '';
    const mount = container?.volumeMounts.find(({ name }) => name === 'alert-rules');
    const volume = server?.spec.volumes.find(({ name }) => name === 'alert-rules');
    expect([mount?.mountPath, mount?.readOnly]).toEqual([dirname(file), true]);
    expect(volume?.configMap).toEqual({ name: 'family-rules', items: [{ key: 'home.yaml', path: basename(file) }] });
  });

  it('an autoscaler decides alone how many servers there are', async () => {
    const manifests = await render('everything.yaml');
    expect(theServer(manifests).spec).not.toHaveProperty('replicas');
    expect(theOnly(manifests, 'HorizontalPodAutoscaler').spec.minReplicas).toBe(3);
  });

  it('numbers have no exponent, lists have commas, and nothing in a text is taken for a variable', async () => {
    const [server] = theServer(await render('everything.yaml')).spec.template.spec.containers;
    expect(valueOf(server, 'REMEMBER_ME_TTL')).toBe('31536000');
    expect(valueOf(server, 'TRUSTED_PROXIES')).toBe('10.0.0.0/8,fd00::/8');
    expect(valueOf(server, 'MAIL_FROM')).toBe('Family $$(HOME) <family@example.org>');
  });
});

withTools('with the embedded database', () => {
  it.each(['embedded.yaml', 'embedded-existing-claim.yaml'])('%s has one server, on its volume', async (set) => {
    const manifests = await render(set);
    const { spec } = theServer(manifests);
    expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    const data = spec.template.spec.volumes.find(({ name }) => name === 'data');
    expect(data?.persistentVolumeClaim?.claimName).toMatch(/-data$/);
    expect(['Job', 'CronJob', 'PodDisruptionBudget'].flatMap((kind) => ofKind(manifests, kind))).toEqual([]);
  });

  it('data are kept when the release goes', async () => {
    const claim = theOnly(await render('embedded.yaml'), 'PersistentVolumeClaim');
    expect(claim.metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
    expect(ofKind(await render('embedded-existing-claim.yaml'), 'PersistentVolumeClaim')).toEqual([]);
  });

  it('the server makes the backups itself, with its key', async () => {
    const [server] = theServer(await render('embedded.yaml')).spec.template.spec.containers;
    expect(valueOf(server, 'BACKUP_SCHEDULE')).toBe('17 3 * * *');
    expect(valueOf(server, 'BACKUP_FOLDER')).toBe('/backups');
    expect(valueOf(server, 'BACKUP_IDENTITY_FILE')).toBe('/run/backup-identity/identity');
  });
});

withTools('on the network', () => {
  const NETWORKED = VALUE_SETS.filter((set) => set !== 'one-port.yaml');

  it.each(NETWORKED)('%s is closed in both directions but for what is listed', async (set) => {
    for (const { spec } of ofKind(await render(set), 'NetworkPolicy')) {
      expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
      // A rule without peers or ports is open to all.
      for (const { from, ports } of spec.ingress ?? []) expect([from?.length, ports.length]).not.toContain(0);
      for (const { to, ports } of spec.egress) expect([to?.length, ports.length]).not.toContain(0);
      expect([...(spec.ingress ?? []).map(({ from }) => from), ...spec.egress.map(({ to }) => to)]).not.toContain(
        undefined,
      );
    }
  });

  it('metrics are for monitoring, the API is not', async () => {
    const [server] = ofKind(await render('postgresql-s3.yaml'), 'NetworkPolicy').filter(({ metadata }) =>
      metadata.name.endsWith('assistant'),
    );
    const from = (name: string): unknown => [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } },
    ];
    expect(server?.spec.ingress).toEqual([
      { from: from('ingress-nginx'), ports: [{ protocol: 'TCP', port: 'http' }] },
      { from: from('monitoring'), ports: [{ protocol: 'TCP', port: 'management' }] },
    ]);
  });

  it('migrations reach names and the database alone', async () => {
    const { spec } = theOnly(await render('everything.yaml'), 'NetworkPolicy', 'home-family-migration');
    expect(spec.egress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([53, 53, 6432]);
    expect(spec.ingress).toEqual([]);
  });

  it('one port for all shows metrics to who has the token', async () => {
    const monitor = theOnly(await render('one-port.yaml'), 'ServiceMonitor');
    expect(monitor.spec.endpoints).toMatchObject([
      { port: 'http', authorization: { type: 'Bearer', credentials: { name: 'family-assistant', key: 'metrics' } } },
    ]);
  });
});

withTools('the rules for Prometheus', () => {
  const RULE = { alert: 'BackendDown', expr: 'up == 0', annotations: { summary: '{{ $labels.instance }} is down' } };

  it('are those that were compiled into the chart, and those of the values, as they are written', async () => {
    const compiled = stringify({ groups: [{ name: 'compiled', rules: [RULE] }] });
    const groups = await withChart({ 'files/rules.yaml': compiled }, async (chart) => {
      return theOnly(await render('everything.yaml', { chart }), 'PrometheusRule').spec.groups;
    });
    expect(groups.map(({ name }) => name)).toEqual(['compiled', 'family-assistant']);
    expect(groups[0]?.rules).toEqual([RULE]);
  });

  it('cannot be none', async () => {
    const text = await withChart({ 'files/rules.yaml': 'groups: []' }, async (chart) => {
      return (await template('closed.yaml', { chart, more: 'metrics: { prometheusRule: { enabled: true } }' })).text;
    });
    expect(text).toContain('metrics.prometheusRule.groups: has no rules');
  });
});

withTools('what is said after an installation', () => {
  it('is how to begin, and what is missing', async () => {
    const text = await notes('one-port.yaml');
    expect(text).toContain('kubectl --namespace family logs deployment/home-family-assistant');
    expect(text).toContain('WARNING: no backups are made');
    expect(text).toContain('Servers share no folder');
    expect(text).toContain('WARNING: any pod of this cluster reaches the servers');
    expect(await notes('everything.yaml')).not.toMatch(/WARNING|share no folder|not proved/);
    expect(await notes('closed.yaml')).toContain('not proved by restoring them');
  });
});

/** A container that is started again does its work again. */
async function expectToCopy(script: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'family-assistant-identity-'));
  try {
    for (const name of ['secrets/backup-identity', 'backup-identity'])
      await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, 'secrets/backup-identity/identity'), 'AGE-SECRET-KEY', { mode: 0o440 });
    const copy = join(folder, 'backup-identity/identity');
    for (let round = 0; round < 2; round += 1) {
      execFileSync(process.execPath, ['-e', script.replaceAll('/run/', `${folder}/`)]);
      expect(await readFile(copy, 'utf8')).toBe('AGE-SECRET-KEY');
      expect((await stat(copy)).mode & 0o777).toBe(0o400);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

const weightOf = ({ metadata }: Manifest): number => Number(metadata.annotations?.['helm.sh/hook-weight']);
