import { Body, Controller, Get, HttpCode, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AcceptLargeBody, ApiPage, ApiProblems, type Page } from '../../platform/http/index.js';
import { Limit } from '../../platform/limits/index.js';
import { CurrentUser, RememberedSession, RequirePermission, type Principal } from '../../platform/security/index.js';
import { AlertsService } from './alerts.service.js';
import { AcceptedResponse, AlertmanagerMessage } from './dto/alertmanager.dto.js';
import { AlertEpisodeResponse, AlertsResponse, ReceiptsResponse } from './dto/alert.response.js';
import { AlertHistoryQuery } from './dto/history.query.js';
import { AlertHistory } from './history/history.service.js';
import { AlertmanagerService } from './webhook/alertmanager.service.js';

@ApiTags('alerts')
@Controller('alerts')
export class AlertsController {
  constructor(
    private readonly alerts: AlertsService,
    private readonly past: AlertHistory,
    private readonly alertmanager: AlertmanagerService,
  ) {}

  @Get()
  @RememberedSession()
  @RequirePermission('alert:read')
  @ApiOperation({ summary: 'What is wrong now, and may be soon; also while the database is away' })
  @ApiOkResponse({ type: AlertsResponse })
  @ApiProblems(401, 403)
  list(@CurrentUser() principal: Principal): Promise<AlertsResponse> {
    return this.alerts.list(principal);
  }

  @Get('history')
  @RequirePermission('alert:read')
  @ApiOperation({ summary: 'What fired, and what people were told of it, newest first' })
  @ApiPage(AlertEpisodeResponse)
  @ApiProblems(400, 401, 403)
  history(@Query() query: AlertHistoryQuery): Promise<Page<AlertEpisodeResponse>> {
    return this.past.list(query);
  }

  @Post('test')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('alert:write')
  @Limit('alert_test')
  @ApiOperation({ summary: 'Send a test by every channel, all the way, and see what became of it' })
  @ApiOkResponse({ type: ReceiptsResponse })
  @ApiProblems(401, 403, 409)
  test(@CurrentUser() principal: Principal): Promise<ReceiptsResponse> {
    return this.alerts.test(principal);
  }

  @Post('webhook')
  @HttpCode(HttpStatus.ACCEPTED)
  @AcceptLargeBody()
  @RequirePermission('alert:write')
  @ApiOperation({ summary: 'Take alerts of an Alertmanager (its webhook, version 4); they are safe once it answers' })
  @ApiBody({ type: AlertmanagerMessage })
  @ApiAcceptedResponse({ type: AcceptedResponse })
  @ApiProblems(400, 401, 403, 409)
  receive(@Body() message: unknown): Promise<AcceptedResponse> {
    return this.alertmanager.receive(message);
  }
}
