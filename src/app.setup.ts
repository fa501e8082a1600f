import type { Server } from 'node:http';
import fastifyCookie from '@fastify/cookie';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { setUpDocs } from './app.docs.js';
import type { AppConfig } from './platform/config/index.js';
import { HealthService } from './platform/health/index.js';
import {
  answerClientError,
  closeConnectionsWhen,
  closeInQuiet,
  guardInput,
  ignoreExpectations,
  ProblemFilter,
  createValidationPipe,
  requestIdOf,
  SECURITY_HEADERS,
  sendProblem,
} from './platform/http/index.js';
import { Metrics, NestLogger, nestLoggerParams, observeRequests } from './platform/observability/index.js';
import { StaleViewerFilter } from './platform/security/index.js';

/** Routes outside of `/api/v1`. */
const OUTSIDE = [
  'health',
  'health/live',
  'health/ready',
  'health/db_pool',
  'ready',
  'status',
  'metrics',
  'join',
  'account/email',
  'account/password',
];

/** Builds the application with everything around its routes; shared by main, by the commands and by the tests. */
export async function createApp(config: AppConfig, logger: Logger): Promise<NestFastifyApplication> {
  const { server } = config;
  const options: FastifyHttpOptions<Server> = {
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    bodyLimit: server.bodyLimit,
    requestTimeout: server.requestTimeout * 1000,
    connectionTimeout: (server.requestTimeout + 5) * 1000,
    keepAliveTimeout: 72_000,
    trustProxy: server.trustedProxies.length > 0 ? server.trustedProxies : false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    // A missing Host is refused by `guardInput`, as a problem.
    http: { requireHostHeader: false },
    // Fastify refuses some requests before there is a route, and Node what is not HTTP; those are problems as well.
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
      sendProblem(error, request, reply);
    },
  };
  const adapter = new FastifyAdapter(options);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config, logger), adapter, {
    // From the first line on: what goes wrong during the start is JSON as well, and is said while it happens.
    logger: new NestLogger(new PinoLogger(nestLoggerParams(logger)), {}),
    abortOnError: false,
    bodyParser: true,
  });
  app.setGlobalPrefix('api/v1', { exclude: OUTSIDE });
  // The last one is asked first.
  app.useGlobalFilters(new ProblemFilter(), new StaleViewerFilter());
  app.useGlobalPipes(createValidationPipe());
  if (server.corsOrigins.length > 0) {
    app.enableCors({
      origin: server.corsOrigins,
      credentials: true,
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      maxAge: 600,
    });
  }
  const fastify = adapter.getInstance();
  observeRequests(fastify, logger, app.get(Metrics), config.observability.slowRequest);
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS);
    reply.header('x-request-id', request.id);
    done();
  });
  const health = app.get(HealthService);
  closeConnectionsWhen(fastify, () => health.isStopping);
  closeInQuiet(fastify);
  await app.register(fastifyCookie);
  guardInput(fastify);
  ignoreExpectations(fastify.server);
  if (server.docsEnabled) setUpDocs(app);
  return app;
}
