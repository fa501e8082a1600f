import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { PROJECT_DIR, ServerConfig } from '../../src/platform/config/index.js';
import { LARGE_BODY } from '../../src/platform/http/index.js';

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly secrets?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>> | readonly string[];
}

const read = (file: string): string => readFileSync(join(PROJECT_DIR, file), 'utf8');
const { services } = parse(read('docker-compose.prod.yml'), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
};
const SERVERS = ['api-a', 'api-b'];

describe('docker-compose.prod.yml', () => {
  it.each(SERVERS)('gives %s, which the internet reaches, the login of the application alone', (name) => {
    const { environment, secrets } = services[name] ?? {};
    expect(secrets).toEqual(['database_url', 'redis_url', 'jwt_secret_key', 'metrics_token']);
    expect(Object.keys(environment ?? {}).filter((key) => /OWNER|BACKUP_DATABASE/.test(key))).toEqual([]);
    expect(environment?.['DATABASE_MIGRATE']).toBe('false');
  });

  it.each([...SERVERS, 'worker'])('begins %s once the database has been brought to its version', (name) => {
    expect(services[name]?.depends_on).toMatchObject({ migrate: { condition: 'service_completed_successfully' } });
  });
});

it.each([...SERVERS, 'worker'])('gives %s the time to end that it takes, before it is killed', (name) => {
  const { environment, stop_grace_period: grace } = services[name] ?? {};
  expect(grace).toBe('${SHUTDOWN_TIMEOUT:-20}s20s');
  expect(environment?.['SHUTDOWN_TIMEOUT']).toBe('${SHUTDOWN_TIMEOUT:-20}');
  expect(new ServerConfig().shutdownTimeout).toBe(20);
  expect(Number(environment?.['SHUTDOWN_DELAY'])).toBeLessThanOrEqual(3);
});

it('has a health check for every program of docker-compose.prod.yml that goes on; those of servers come with their image', () => {
  const without = Object.entries(services).filter(([, { healthcheck }]) => healthcheck?.test === undefined);
  expect(without.map(([name]) => name)).toEqual([...SERVERS, 'migrate']);
});

describe('alerts of docker-compose.prod.yml', () => {
  interface Route {
    readonly matchers: readonly string[];
    readonly receiver: string;
  }
  const { route, receivers } = parse(read('docker/compose/alertmanager.yml')) as {
    route: { receiver: string; routes: readonly Route[] };
    receivers: readonly { readonly name: string; readonly webhook_configs: readonly { readonly url: string }[] }[];
  };
  const hostOf = (receiver = ''): string =>
    new URL(receivers.find(({ name }) => name === receiver)?.webhook_configs[0]?.url ?? '').host;

  it('are told by the worker, and those of the worker by another one', () => {
    const ofWorker = route.routes.find(({ matchers }) => matchers.includes('instance = "worker:3000"'));
    expect(hostOf(route.receiver)).toBe('worker:3000');
    expect(hostOf(ofWorker?.receiver)).toBe('api-a:3000');
  });

  it('are told once: what the processes evaluate themselves Prometheus keeps to itself, and it tells the rest', () => {
    const { alerting } = parse(read('docker/compose/prometheus.yml')) as {
      alerting: { alert_relabel_configs: readonly { source_labels: string[]; regex: string; action: string }[] };
    };
    const namesIn = (file: string): string[] => read(file).match(/(?<=- alert: )\w+/g) ?? [];
    const [kept] = alerting.alert_relabel_configs;
    const isTold = (name: string): boolean => new RegExp(`^(?:${kept?.regex ?? ''})$`).test(name);
    expect(kept).toMatchObject({ source_labels: ['alertname'], action: 'keep' });
    expect(namesIn('docker/compose/rules/instances.yml').filter(isTold)).toEqual(['FamilyAssistantAway', 'Watchdog']);
    expect(namesIn('docker/compose/rules/family-assistant.yml').filter(isTold)).toEqual([]);
  });

  it('have one dead man’s switch', () => {
    const isOff = (name: string): boolean => services[name]?.environment?.['ALERTS_HEARTBEAT_URL'] === '';
    expect([...SERVERS, 'worker'].filter((name) => !isOff(name))).toEqual(['worker']);
  });
});

describe('docker/nginx/nginx.conf', () => {
  const text = read('docker/nginx/nginx.conf');
  const bytes = (size = '', unit = ''): number => Number(size) * (unit === 'm' ? 2 ** 20 : 2 ** 10);

  it('takes bodies as the servers do, in general and where they take larger ones, and puts none on the disk', () => {
    const sizes = Array.from(text.matchAll(/client_max_body_size (\d+)([km]);/g), ([, ...size]) => bytes(...size));
    expect([...new Set(sizes)]).toEqual([new ServerConfig().bodyLimit, LARGE_BODY]);
    expect(text).toContain('proxy_request_buffering off;');
    expect(text).toContain('proxy_max_temp_file_size 0;');
  });

  it('takes larger ones on the routes of the API that do', () => {
    const [, pattern = ''] = /location ~ (\S+) {\s+client_max_body_size 8m/.exec(text) ?? [];
    const files = ['alerting/alerts', 'memory/conversations/conversations', 'memory/memories/memory'];
    const large = files.map((file) => {
      const source = read(`src/modules/${file}.controller.ts`);
      const [, folder] = /@Controller\('([^']+)'\)/.exec(source) ?? [];
      const before = source.slice(0, source.indexOf('@AcceptLargeBody()'));
      return `/api/v1/${String(folder)}/${String(before.match(/(?<=@Post\(')[^']+/g)?.at(-1))}`;
    });
    expect(large).toEqual(['/api/v1/alerts/webhook', '/api/v1/conversations/:id/turns', '/api/v1/memories/batch']);
    for (const path of large) expect(path).toMatch(new RegExp(pattern));
  });
});
