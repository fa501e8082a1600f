import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { PROJECT_DIR, ServerConfig } from '../../src/platform/config/index.js';
import { LARGE_BODY } from '../../src/platform/http/index.js';

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
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

describe('docker/nginx/nginx.conf', () => {
  const text = read('docker/nginx/nginx.conf');
  const bytes = (size = '', unit = ''): number => Number(size) * (unit === 'm' ? 2 ** 20 : 2 ** 10);

  it('takes bodies as the servers do, in general and where they take larger ones, and puts none on the disk', () => {
    const sizes = Array.from(text.matchAll(/client_max_body_size (\d+)([km]);/g), ([, ...size]) => bytes(...size));
    expect([...new Set(sizes)]).toEqual([new ServerConfig().bodyLimit, LARGE_BODY]);
    expect(sizes).toHaveLength(4);
    expect(text).toContain('proxy_request_buffering off;');
    expect(text).toContain('proxy_max_temp_file_size 0;');
  });
});
