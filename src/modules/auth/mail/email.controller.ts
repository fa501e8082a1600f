import { Body, Controller, HttpCode, HttpStatus, Post, Req } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../../../platform/http/index.js';
import { Limit } from '../../../platform/limits/index.js';
import { CurrentUser, Public, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { deviceOf } from '../token-delivery.js';
import { ChangeEmailRequest, ConfirmEmailRequest } from './dto/mail.request.js';
import { MAIL_REQUESTED, MailRequestedResponse } from './dto/mail.response.js';
import { EmailService } from './email.service.js';

@ApiTags('auth')
@Controller('auth/email')
export class EmailController {
  constructor(private readonly emails: EmailService) {}

  @Post('verify')
  @HttpCode(HttpStatus.NO_CONTENT)
  @Public()
  @Limit('login')
  @ApiOperation({ summary: 'Confirm an address by the link that was sent there: yours, or the new one' })
  @ApiNoContentResponse()
  @ApiProblems(400, 409)
  confirm(@Body() { token }: ConfirmEmailRequest): Promise<void> {
    return this.emails.confirm(token);
  }

  @Post('verify/request')
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('credential:write')
  @Limit('mail')
  @ApiOperation({ summary: 'Have another link to confirm your address sent, unless it is confirmed' })
  @ApiAcceptedResponse({ type: MailRequestedResponse })
  @ApiProblems(401, 403)
  async requestVerification(@CurrentUser() principal: Principal): Promise<MailRequestedResponse> {
    await this.emails.requestVerification(principal);
    return MAIL_REQUESTED;
  }

  @Post('change')
  @HttpCode(HttpStatus.ACCEPTED)
  @RequirePermission('credential:write')
  @Limit('mail')
  @ApiOperation({ summary: 'Ask for another address; it counts once it is confirmed, and the old one is told' })
  @ApiAcceptedResponse({ type: MailRequestedResponse })
  @ApiProblems(400, 401, 403)
  async change(
    @CurrentUser() principal: Principal,
    @Body() { email, password }: ChangeEmailRequest,
    @Req() request: FastifyRequest,
  ): Promise<MailRequestedResponse> {
    await this.emails.requestChange(principal, email, password, deviceOf(request));
    return MAIL_REQUESTED;
  }
}
