import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Ip, Param } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems, UuidParam } from '../../platform/http/index.js';
import { Limit } from '../../platform/limits/index.js';
import { CurrentUser, Public, RequirePermission, type Principal } from '../../platform/security/index.js';
import { EraseAccountRequest, EraseMemberRequest } from './dto/erasure.request.js';
import { ErasureResponse, ReceiptResponse } from './dto/erasure.response.js';
import { ErasureService } from './erasure.service.js';

@ApiTags('privacy')
@Controller()
export class ErasureController {
  constructor(private readonly erasures: ErasureService) {}

  @Delete('users/me')
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('account:erase')
  @Limit('login')
  @ApiOperation({ summary: 'Close your account now and erase it after the grace; signing in before takes it back' })
  @ApiAcceptedResponse({ type: ErasureResponse })
  @ApiProblems(400, 401, 403, 409)
  request(
    @CurrentUser() principal: Principal,
    @Body() body: EraseAccountRequest,
    @Ip() address: string,
  ): Promise<ErasureResponse> {
    return this.erasures.request(principal, body, address);
  }

  @Delete('users/:id')
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('user:erase')
  @Limit('login')
  @ApiOperation({ summary: 'Close any account now and erase it after the grace; its owner signs in to take it back' })
  @ApiAcceptedResponse({ type: ErasureResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  requestForUser(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Body() body: EraseAccountRequest,
    @Ip() address: string,
  ): Promise<ErasureResponse> {
    return this.erasures.requestForUser(principal, id, body, address);
  }

  @Delete('family/members/:id/account')
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('member:erase')
  @Limit('login')
  @ApiOperation({
    summary:
      'Close the account of a child that lives on devices, and erase it after the grace; a device code takes it back',
  })
  @ApiAcceptedResponse({ type: ErasureResponse })
  @ApiProblems(400, 401, 403, 404, 409)
  requestForMember(
    @CurrentUser() principal: Principal,
    @UuidParam('id') id: string,
    @Body() body: EraseMemberRequest,
    @Ip() address: string,
  ): Promise<ErasureResponse> {
    return this.erasures.requestForMember(principal, id, body, address);
  }

  @Get('privacy/receipts/:code')
  @Public()
  @ApiOperation({ summary: 'What was erased, and until when backups have it; for whoever has the code' })
  @ApiOkResponse({ type: ReceiptResponse })
  @ApiProblems(404)
  receipt(@Param('code') code: string): Promise<ReceiptResponse> {
    return this.erasures.receipt(code);
  }
}
