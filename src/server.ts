import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { createApp } from './app.setup.js';
import { ConfigError, loadConfig, loadEnvFile, type AppConfig } from './platform/config/index.js';
import { DatabaseSetupError } from './platform/database/index.js';
import { HealthService } from './platform/health/index.js';
import { startManagement } from './platform/observability/index.js';
import { createLogger } from './platform/observability/index.js';

/** Starts the server and stops it in order at SIGTERM or SIGINT. A start that cannot succeed ends with exit code 1. */
export async function runServer(): Promise<void> {
  const started = performance.now();
  let logger: Logger | undefined;
  try {
    loadEnvFile();
    const config = loadConfig();
    logger = createLogger(config);
    const app = await createApp(config, logger);
    await app.listen(config.server.port, config.server.host);
    const management = await startManagement(app, config);
    announce(config, await app.getUrl(), performance.now() - started, logger);
    stopInOrder(app, management, config, logger);
  } catch (error) {
    fail(error, logger);
  }
}

function announce({ server, database }: AppConfig, url: string, milliseconds: number, logger: Logger): void {
  logger.info(
    { url, database: database.isEmbedded ? 'embedded' : 'postgresql', start_ms: Math.round(milliseconds) },
    `Family Assistant listens on ${url}${server.docsEnabled ? `, its documentation is at ${url}/docs` : ''}`,
  );
}

/** Within this many milliseconds a second SIGINT is the first one once more: a terminal sends it to the whole process group. */
const ECHO = 1000;

/**
 * "Not ready" first, then no new connections, then the running requests, then the database. Who presses Ctrl-C again ends
 * it at once. A SIGTERM again changes nothing: `make`, npm and supervisors pass on what the process has got already, at
 * any time, and the time that requests are given is limited anyway.
 */
function stopInOrder(
  app: NestFastifyApplication,
  management: { close(): void } | undefined,
  config: AppConfig,
  logger: Logger,
): void {
  let isStopping = false;
  let interruptedAt: number | undefined;
  const stop = async (signal: string): Promise<void> => {
    logger.info({ signal }, 'stopping: no longer ready, requests under way are finished');
    app.get(HealthService).announceShutdown();
    await sleep(config.server.shutdownDelay * 1000);
    const late = setTimeout(() => {
      logger.error('requests did not finish in time');
      process.exit(1);
    }, config.server.shutdownTimeout * 1000);
    late.unref();
    management?.close();
    await app.close();
    logger.info('stopped');
    logger.flush();
  };
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      if (signal === 'SIGINT') {
        if (interruptedAt !== undefined && performance.now() - interruptedAt > ECHO) process.exit(1);
        interruptedAt ??= performance.now();
      }
      if (isStopping) return;
      isStopping = true;
      stop(signal).then(
        () => process.exit(0),
        (error: unknown) => {
          fail(error, logger);
        },
      );
    });
  }
}

/** Says what is wrong in words where that is known; the whole error otherwise. */
function fail(error: unknown, logger: Logger | undefined): never {
  const cause = rootOf(error);
  if (cause instanceof ConfigError || cause instanceof DatabaseSetupError) process.stderr.write(`${cause.message}\n`);
  else if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE')
    process.stderr.write(
      `Port ${String((cause as { port?: number }).port)} is in use by another program. Choose another by PORT or MANAGEMENT_PORT.\n`,
    );
  else if ((cause as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL')
    process.stderr.write('HOST is no address of this machine.\n');
  else if (['ENOTFOUND', 'EAI_AGAIN'].includes((cause as NodeJS.ErrnoException).code ?? ''))
    process.stderr.write('HOST is a name that leads nowhere.\n');
  else if (logger) logger.fatal({ err: cause }, 'the server cannot start');
  else process.stderr.write(`${String(cause)}\n`);
  process.exit(1);
}

const rootOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : error;
