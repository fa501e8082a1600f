import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { PROJECT_DIR } from '../../src/platform/config/index.js';

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
