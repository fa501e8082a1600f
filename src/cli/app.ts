import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../app.setup.js';
import { loadConfig, type Environment } from '../platform/config/index.js';
import { createLogger } from '../platform/observability/index.js';

/** Runs work with the whole application, which listens nowhere. Its log is quiet: a command speaks for itself. Jobs and alerts are the server's. */
export async function withApp<T>(env: Environment, work: (app: NestFastifyApplication) => Promise<T>): Promise<T> {
  const config = loadConfig({
    LOG_LEVEL: 'error',
    ...env,
    JOBS_ENABLED: 'false',
    ALERTS_ENABLED: 'false',
    ALERTS_EVALUATE: 'false',
    ALERTS_CERTIFICATES: '',
  });
  const app = await createApp(config, createLogger(config));
  try {
    await app.init();
    return await work(app);
  } finally {
    await app.close();
  }
}
