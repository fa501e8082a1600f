import { Body, Controller, HttpCode, HttpStatus, Post, Req } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../../../platform/http/index.js';
import { Limit } from '../../../platform/limits/index.js';
import { Public } from '../../../platform/security/index.js';
import { deviceOf } from '../token-delivery.js';
import { ForgotPasswordRequest, ResetPasswordRequest } from './dto/mail.request.js';
import { MAIL_REQUESTED, MailRequestedResponse } from './dto/mail.response.js';
import { RecoveryService } from './recovery.service.js';

@ApiTags('auth')
@Controller('auth/password')
export class RecoveryController {
  constructor(private readonly recovery: RecoveryService) {}

  @Post('forgot')
  @HttpCode(HttpStatus.ACCEPTED)
  @Public()
  @Limit('mail')
  @ApiOperation({ summary: 'Have a link to set a new password sent; the answer is the same for every address' })
  @ApiAcceptedResponse({ type: MailRequestedResponse })
  @ApiProblems(400)
  async forgot(
    @Body() { email }: ForgotPasswordRequest,
    @Req() request: FastifyRequest,
  ): Promise<MailRequestedResponse> {
    await this.recovery.forgot(email, deviceOf(request));
    return MAIL_REQUESTED;
  }

  @Post('reset')
  @HttpCode(HttpStatus.NO_CONTENT)
  @Public()
  @Limit('login')
  @ApiOperation({ summary: 'Set a new password by such a link; all your sessions end' })
  @ApiNoContentResponse()
  @ApiProblems(400)
  reset(@Body() { token, new_password }: ResetPasswordRequest, @Req() request: FastifyRequest): Promise<void> {
    return this.recovery.reset(token, new_password, deviceOf(request));
  }
}
