import { createServer, type Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from '../config/index.js';
import { Metrics } from './metrics.js';

/** A second port that serves `/metrics` and the probes alone, for networks where only operators reach it. */
export async function startManagement(app: NestFastifyApplication, { server }: AppConfig): Promise<Server | undefined> {
  if (server.managementPort === undefined) return undefined;
  const metrics = app.get(Metrics);
  const management = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    if (path === '/metrics') {
      metrics.registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    } else if (/^\/(health(\/live|\/ready|\/db_pool)?|ready)$/.test(path)) {
      app.inject({ method: 'GET', url: path }).then(
        (answer) => response.writeHead(answer.statusCode, { 'content-type': 'application/json' }).end(answer.payload),
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
