import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NoLimit } from '../limits/limit-policy.js';
import { Public } from '../security/decorators.js';
import { MetricsAccess } from './metrics-access.js';
import { Metrics } from './metrics.js';

@ApiExcludeController()
@Controller('metrics')
@NoLimit()
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly access: MetricsAccess,
  ) {}

  /** Public for the guards: Prometheus has no account. Its own rule decides (`MetricsAccess`). */
  @Get()
  @Public()
  async read(@Headers('authorization') authorization: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    this.access.check(authorization);
    await reply.type(this.metrics.registry.contentType).send(await this.metrics.registry.metrics());
  }
}
