import { Controller, Get, HttpStatus, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NoLimit } from '../limits/limit-policy.js';
import { Public } from '../security/decorators.js';
import type { AppRequest } from '../security/request.js';
import { HealthResponse, LivenessResponse, PoolResponse, toHealthResponse, toPoolResponse } from './health.response.js';
import { HealthService } from './health.service.js';

const mayKnow = ({ principal }: AppRequest): boolean => principal?.permissions.has('operations:read') ?? false;

/** Probes for Kubernetes and people. Everybody sees the status, operators the parts. */
@ApiTags('health')
@Controller()
@Public()
@NoLimit()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('health')
  @ApiOperation({ summary: 'State of the server' })
  @ApiOkResponse({ type: HealthResponse })
  @ApiServiceUnavailableResponse({ type: HealthResponse, description: 'A needed part is down' })
  async overall(@Req() request: AppRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<HealthResponse> {
    const report = await this.health.report();
    if (report.status === 'error' || report.status === 'shutting_down') reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return toHealthResponse(report, mayKnow(request));
  }

  @Get('health/live')
  @ApiOperation({ summary: 'Whether the process answers; touches nothing else' })
  @ApiOkResponse({ type: LivenessResponse })
  live(): LivenessResponse {
    return { status: 'alive' };
  }

  @Get(['health/ready', 'ready'])
  @ApiOperation({ summary: 'Whether requests can be served now' })
  @ApiOkResponse({ type: HealthResponse })
  @ApiServiceUnavailableResponse({
    type: HealthResponse,
    description: 'A needed part is down, or the server is shutting down',
  })
  ready(@Req() request: AppRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<HealthResponse> {
    return this.overall(request, reply);
  }

  @Get('health/db_pool')
  @ApiOperation({ summary: 'State of the database connections' })
  @ApiOkResponse({ type: PoolResponse })
  pool(@Req() request: AppRequest): PoolResponse {
    return toPoolResponse(this.health.pool(), mayKnow(request));
  }
}
