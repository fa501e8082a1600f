import { describe, expect, it } from '@jest/globals';
import { hasTools, template, valuesOf } from '../support/helm.js';

const withTools = hasTools ? describe : describe.skip;

/** Values, in YAML, and what of them the refusal names. */
type Case = readonly [more: string, field: string];

/** What is wrong by itself, whatever else is set. */
const WRONG: readonly Case[] = [
  ['colour: red', "'colour'"],
  ['image: { repository: "" }', '/image/repository'],
  ['image: { repository: "HTTPS://x" }', '/image/repository'],
  ['image: { tag: "a b" }', '/image/tag'],
  ['image: { digest: sha256:abc }', '/image/digest'],
  ['image: { pullPolicy: Sometimes }', '/image/pullPolicy'],
  ['image: { name: x }', "'name'"],
  ['imagePullSecrets: [{ name: registry }]', '/imagePullSecrets/0'],
  ['fullnameOverride: Family', '/fullnameOverride'],
  ['database: { mode: mysql }', '/database/mode'],
  ['database: { ca: { key: "a/b" } }', '/database/ca/key'],
  ['replicas: two', '/replicas'],
  ['replicas: -1', '/replicas'],
  ['replicas: 1.5', '/replicas'],
  ['autoscaling: { targetCPUUtilizationPercentage: 0 }', '/autoscaling/targetCPUUtilizationPercentage'],
  ['autoscaling: { enabled: true, minReplicas: 5, maxReplicas: 4 }', 'autoscaling.maxReplicas'],
  ['disruptionBudget: { maxUnavailable: 0 }', '/disruptionBudget/maxUnavailable'],
  ['rollout: { maxSurge: 0 }', '/rollout/maxSurge'],
  ['rollout: { maxUnavailable: 1 }', "'maxUnavailable'"],
  ['shutdown: { pauseSeconds: 0 }', '/shutdown/pauseSeconds'],
  ['shutdown: { delaySeconds: 121 }', '/shutdown/delaySeconds'],
  ['shutdown: { timeoutSeconds: 0 }', '/shutdown/timeoutSeconds'],
  ['probes: { startupSeconds: 1 }', '/probes/startupSeconds'],
  ['port: 80', '/port'],
  ['management: { port: 3000 }', 'management.port'],
  ['management: { port: "3001" }', '/management/port'],
  ['service: { type: ExternalName }', '/service/type'],
  ['service: { port: 70000 }', '/service/port'],
  ['ingress: { hosts: ["https://x.example.org"] }', '/ingress/hosts/0'],
  ['ingress: { tls: [{ hosts: [x.example.org] }] }', '/ingress/tls/0'],
  ['networkPolicy: { ingress: { api: [{}] } }', '/networkPolicy/ingress/api/0'],
  [
    'networkPolicy: { ingress: { api: [{ ipBlock: { cidr: everywhere } }] } }',
    '/networkPolicy/ingress/api/0/ipBlock/cidr',
  ],
  ['networkPolicy: { egress: { extra: [{ to: [], ports: [{ port: 443 }] }] } }', '/networkPolicy/egress/extra/0/to'],
  ['networkPolicy: { egress: { extra: [{ ports: [{ port: 443 }] }] } }', '/networkPolicy/egress/extra/0'],
  ['networkPolicy: { egress: { dns: { port: 0 } } }', '/networkPolicy/egress/dns/port'],
  ['metrics: { serviceMonitor: { interval: soon } }', '/metrics/serviceMonitor/interval'],
  [
    'metrics: { prometheusRule: { groups: [{ name: x, rules: [{ alert: y }] }] } }',
    '/metrics/prometheusRule/groups/0/rules/0',
  ],
  ['persistence: { size: large }', '/persistence/size'],
  ['persistence: { ephemeralSizeLimit: "" }', '/persistence/ephemeralSizeLimit'],
  ['migration: { activeDeadlineSeconds: 0 }', '/migration/activeDeadlineSeconds'],
  ['migration: { resources: { limits: { memory: null } } }', '/migration/resources/limits'],
  ['alerting: { rules: { configMap: Not_A_Name } }', '/alerting/rules/configMap'],
  ['alerting: { rules: { file: /rules.yaml } }', "'file'"],
  ['receiver: { replicas: 2 }', "'replicas'"],
  ['receiver: { existingClaim: Not_A_Name }', '/receiver/existingClaim'],
  ['receiver: { enabled: true, resources: { limits: { memory: null } } }', '/receiver/resources/limits'],
  ['backup: { schedule: daily }', '/backup/schedule'],
  ['backup: { identity: { secret: Not_A_Name } }', '/backup/identity/secret'],
  ['backup: { identity: { file: /key } }', "'file'"],
  ['security: { runAsUser: 0 }', '/security/runAsUser'],
  ['security: { privileged: true }', "'privileged'"],
  ['security: { seccompProfile: { type: Unconfined } }', '/security/seccompProfile/type'],
  ['security: { seccompProfile: { type: Localhost } }', '/security/seccompProfile/localhostProfile'],
  ['security: { seccompProfile: { localhostProfile: /etc/passwd } }', '/security/seccompProfile/localhostProfile'],
  ['resources: { limits: { memory: lots } }', '/resources/limits/memory'],
  ['resources: { requests: { cpu: many } }', '/resources/requests/cpu'],
  ['podAnnotations: { a: 1 }', '/podAnnotations/a'],
  ['nodeSelector: { a: true }', '/nodeSelector/a'],
];

/** Settings: their names, kinds and bounds are those of the server. */
const SETTINGS: readonly Case[] = [
  ['settings: { LOG_LEVL: info }', "'LOG_LEVL'"],
  ['settings: { LOG_LEVEL: loud }', '/settings/LOG_LEVEL'],
  ['settings: { ACCESS_TOKEN_TTL: 29 }', '/settings/ACCESS_TOKEN_TTL'],
  ['settings: { ACCESS_TOKEN_TTL: "600" }', '/settings/ACCESS_TOKEN_TTL'],
  ['settings: { DOCS_ENABLED: "no" }', '/settings/DOCS_ENABLED'],
  ['settings: { TRUSTED_PROXIES: 10.0.0.0/8 }', '/settings/TRUSTED_PROXIES'],
  ['settings: { PUBLIC_URL: family }', '/settings/PUBLIC_URL'],
  ['settings: { MAIL_FROM: "" }', '/settings/MAIL_FROM'],
  ['settings: { PORT: 3000 }', "'PORT'"],
  ['settings: { DATABASE_MIGRATE: true }', "'DATABASE_MIGRATE'"],
  ['settings: { JOBS_ENABLED: false }', "'JOBS_ENABLED'"],
  ['settings: { ALERTS_RULES_FILE: /rules.yaml }', "'ALERTS_RULES_FILE'"],
  ['secrets: { LOG_LEVEL: { secret: x } }', "'LOG_LEVEL'"],
  ['secrets: { SMTP_URL: { key: x } }', '/secrets/SMTP_URL'],
  ['secrets: { SMTP_URL: { secret: X } }', '/secrets/SMTP_URL/secret'],
  ['secrets: { PUBLIC_URL: { secret: x } }\nsettings: { PUBLIC_URL: "https://x.example.org" }', 'settings.PUBLIC_URL'],
];

/** A secret that somebody writes into the values; the refusal does not repeat it. */
const SPILT = 'hunter2-hunter2-hunter2';
const SPILLS: readonly Case[] = [
  [`settings: { JWT_SECRET_KEY: ${SPILT} }`, "'JWT_SECRET_KEY'"],
  [`settings: { METRICS_TOKEN: ${SPILT} }`, "'METRICS_TOKEN'"],
  [`settings: { DATABASE_URL: "postgresql://a:${SPILT}@b/c" }`, "'DATABASE_URL'"],
  [`settings: { SMTP_URL: "smtps://a:${SPILT}@b" }`, '/settings/SMTP_URL'],
  [`settings: { REDIS_URL: "redis://:${SPILT}@b" }`, '/settings/REDIS_URL'],
  [`secrets: { JWT_SECRET_KEY: ${SPILT} }`, '/secrets/JWT_SECRET_KEY'],
  [`secrets: { JWT_SECRET_KEY: { secret: x, value: ${SPILT} } }`, "'value'"],
];

/** What is wrong together with what the set of values has. */
const TOGETHER: readonly (readonly [set: string, ...Case])[] = [
  ['postgresql-s3.yaml', 'backup: { volume: { existingClaim: x } }', '/settings/BACKUP_S3_BUCKET'],
  ['postgresql-s3.yaml', 'networkPolicy: { egress: { database: { to: [] } } }', '/networkPolicy/egress/database/to'],
  ['postgresql-s3.yaml', 'secrets: { REDIS_URL: { secret: x } }', '/networkPolicy/egress/redis/to'],
  ['postgresql-s3.yaml', 'settings: { REDIS_URL: "redis://x" }', '/networkPolicy/egress/redis/to'],
  ['postgresql-s3.yaml', 'ingress: { enabled: true, hosts: [x.example.org] }', "'PUBLIC_URL', 'TRUSTED_PROXIES'"],
  ['closed.yaml', 'receiver: { enabled: true }', "'BACKUP_DATABASE_URL'"],
  ['everything.yaml', 'backup: { enabled: false }', '/backup/enabled'],
  ['embedded.yaml', 'receiver: { enabled: true }', '/receiver/enabled'],
  ['everything.yaml', 'ingress: { hosts: [] }', '/ingress/hosts'],
  ['postgresql-s3.yaml', 'networkPolicy: { egress: { extra: [] } }', 'networkPolicy.egress.extra'],
  ['postgresql-s3.yaml', 'settings: { DATABASE_START_TIMEOUT: 300 }', 'probes.startupSeconds'],
  ['everything.yaml', 'backup: { image: { tag: "" } }', 'backup.image.digest'],
  ['everything.yaml', 'ingress: { hosts: [other.example.org] }', 'ingress.hosts'],
  ['everything.yaml', 'persistence: { accessMode: ReadWriteOnce }', '/persistence/accessMode'],
  ['embedded.yaml', 'replicas: 2', '/replicas'],
  ['embedded.yaml', 'autoscaling: { enabled: true }', '/autoscaling/enabled'],
  ['embedded.yaml', 'persistence: { enabled: false }', '/persistence/enabled'],
  ['embedded.yaml', 'persistence: { accessMode: ReadWriteMany }', '/persistence/accessMode'],
  ['embedded.yaml', 'secrets: { DATABASE_URL: { secret: x } }', '/secrets/DATABASE_URL'],
];

/** What a set of values cannot do without. */
const NEEDED: readonly (readonly [set: string, group: string, name: string])[] = [
  ['postgresql-s3.yaml', 'secrets', 'DATABASE_URL'],
  ['postgresql-s3.yaml', 'secrets', 'DATABASE_OWNER_URL'],
  ['postgresql-s3.yaml', 'secrets', 'JWT_SECRET_KEY'],
  ['postgresql-s3.yaml', 'secrets', 'BACKUP_S3_SECRET_ACCESS_KEY'],
  ['postgresql-s3.yaml', 'settings', 'BACKUP_RECIPIENTS'],
  ['postgresql-s3.yaml', 'settings', 'BACKUP_S3_BUCKET'],
  ['embedded.yaml', 'settings', 'BACKUP_RECIPIENTS'],
  ['one-port.yaml', 'secrets', 'METRICS_TOKEN'],
  ['everything.yaml', 'settings', 'TRUSTED_PROXIES'],
];

async function refusalOf(set: string | undefined, more: string): Promise<string> {
  const { code, text } = await template(set, { more });
  expect({ more, code }).toEqual({ more, code: 1 });
  return text;
}

withTools('the chart refuses', () => {
  it.each([...WRONG, ...SETTINGS])('%s', async (more, field) => {
    expect(await refusalOf('postgresql-s3.yaml', more)).toContain(field);
  });

  it.each(SPILLS)('a secret among the values, and does not repeat it: %s', async (more, field) => {
    const text = await refusalOf('postgresql-s3.yaml', more);
    expect(text).toContain(field);
    expect(text).not.toContain(SPILT);
  });

  it.each(TOGETHER)('%s with %s', async (set, more, field) => {
    expect(await refusalOf(set, more)).toContain(field);
  });

  it.each(NEEDED)('%s without %s.%s', async (set, group, name) => {
    const values = await valuesOf(set);
    const { [name]: gone, ...rest } = values[group] as Record<string, unknown>;
    expect(gone).toBeDefined();
    const text = await refusalOf(undefined, JSON.stringify({ ...values, [group]: rest }));
    expect(text).toMatch(new RegExp(`'/${group}': missing propert.*'${name}'`));
  });

  it('to be installed without values, and says all that is missing', async () => {
    const text = await refusalOf(undefined, '');
    for (const field of [
      '/image/repository',
      "'DATABASE_URL', 'DATABASE_OWNER_URL', 'JWT_SECRET_KEY'",
      '/networkPolicy/egress/database/to',
      "'BACKUP_RECIPIENTS'",
    ])
      expect(text).toContain(field);
  });

  it('an older Kubernetes, which knows no such pause', async () => {
    const { code, text } = await template('closed.yaml', { kubernetes: '1.29.0' });
    expect(code).toBe(1);
    expect(text).toContain('kubeVersion');
  });
});
