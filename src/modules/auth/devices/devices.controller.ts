import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiPage, ApiProblems, UuidParam, type Page } from '../../../platform/http/index.js';
import { Limit } from '../../../platform/limits/index.js';
import { CurrentUser, Public, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { TokenResponse } from '../dto/session.response.js';
import { DeviceFlow } from './device.flow.js';
import { DevicesService } from './devices.service.js';
import { DeviceCodeRequest, EnrolDeviceRequest, ListDevicesQuery, UnlockDeviceRequest } from './dto/device.request.js';
import { DeviceCodeResponse, DeviceResponse, EnrolledDeviceResponse } from './dto/device.response.js';

@ApiTags('auth')
@Controller('auth')
export class DevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly flow: DeviceFlow,
  ) {}

  @Post('device-codes')
  @RequirePermission('device:write')
  @ApiOperation({ summary: 'A code that lets a device of a child in, once, within ten minutes' })
  @ApiCreatedResponse({ type: DeviceCodeResponse })
  @ApiProblems(400, 401, 403, 404, 409, 422)
  createCode(
    @CurrentUser() principal: Principal,
    @Body() { member_id }: DeviceCodeRequest,
  ): Promise<DeviceCodeResponse> {
    return this.devices.createCode(principal, member_id);
  }

  @Post('device/enrol')
  @Public()
  @Limit('login')
  @ApiOperation({ summary: 'Let this device in by a parent’s code, and give it a PIN' })
  @ApiCreatedResponse({ type: EnrolledDeviceResponse })
  @ApiProblems(400, 403, 404, 409)
  enrol(
    @Body() body: EnrolDeviceRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EnrolledDeviceResponse> {
    return this.flow.enrol(body, request, reply);
  }

  @Post('device/unlock')
  @HttpCode(HttpStatus.OK)
  @Public()
  @Limit('login')
  @ApiOperation({ summary: 'Sign in on a device by its PIN; after five wrong ones a parent has to approve' })
  @ApiOkResponse({ type: TokenResponse })
  @ApiProblems(400, 401, 403)
  unlock(
    @Body() body: UnlockDeviceRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.flow.unlock(body, request, reply);
  }

  @Get('devices')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'The devices of the family’s children, newest first' })
  @ApiPage(DeviceResponse)
  @ApiProblems(400, 401, 403)
  list(@CurrentUser() principal: Principal, @Query() query: ListDevicesQuery): Promise<Page<DeviceResponse>> {
    return this.devices.list(principal, query);
  }

  @Post('devices/:id/approve')
  @HttpCode(HttpStatus.OK)
  @RequirePermission('device:write')
  @ApiOperation({ summary: 'Let a device try PINs again' })
  @ApiOkResponse({ type: DeviceResponse })
  @ApiProblems(400, 401, 403, 404)
  approve(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<DeviceResponse> {
    return this.devices.approve(principal, id);
  }

  @Delete('devices/:id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('device:write')
  @ApiOperation({ summary: 'Take a device back; it is signed out at once' })
  @ApiNoContentResponse()
  @ApiProblems(400, 401, 403, 404)
  revoke(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<void> {
    return this.devices.revoke(principal, id);
  }
}
