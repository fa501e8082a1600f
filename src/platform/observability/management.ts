import { createServer, type Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from '../config/index.js';
import { HealthService, toPoolResponse } from '../health/index.js';
import { Metrics } from './metrics.js';

const JSON_TYPE = { 'content-type': 'application/json' };

/** A second port that serves `/metrics` and the probes alone, for networks where only operators reach it. */
export async function startManagement(app: NestFastifyApplication, { server }: AppConfig): Promise<Server | undefined> {
  if (server.managementPort === undefined) return undefined;
  const metrics = app.get(Metrics);
  const health = app.get(HealthService);
  const management = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    if (path === '/metrics') {
      metrics.registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    } else if (path === '/health/db_pool') {
      // With its numbers: who reaches this port is an operator, and needs no session that a busy database must look up.
      response.writeHead(200, JSON_TYPE).end(JSON.stringify(toPoolResponse(health.pool(), true)));
    } else if (/^\/(health(\/live|\/ready)?|ready)$/.test(path)) {
      app.inject({ method: 'GET', url: path }).then(
        (answer) => response.writeHead(answer.statusCode, JSON_TYPE).end(answer.payload),
        () => response.writeHead(503).end(),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    management.once('error', reject);
    management.listen(server.managementPort, server.host, resolve);
  });
  return management;
}
