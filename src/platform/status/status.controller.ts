import { Controller, Get, Header, Headers, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { NoLimit } from '../limits/limit-policy.js';
import { Public } from '../security/decorators.js';
import type { AppRequest } from '../security/request.js';
import { statusLanguage } from './status.language.js';
import { StatusService } from './status.service.js';
import { STATUS_CSP } from './status.style.js';

/** A page for people who have no Grafana, and for everybody whether the server works. */
@ApiExcludeController()
@Controller('status')
@Public()
@NoLimit()
export class StatusController {
  constructor(private readonly status: StatusService) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', STATUS_CSP)
  page(@Req() request: AppRequest, @Headers('accept-language') acceptLanguage: string | undefined): Promise<string> {
    return this.status.page(request.principal?.permissions, statusLanguage(acceptLanguage));
  }
}
