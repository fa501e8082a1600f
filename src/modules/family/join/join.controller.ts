import { Controller, Get, Header, Headers } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../../../platform/security/index.js';
import { JOIN_CSP, renderJoinPage } from './join.page.js';
import { joinLanguage } from './join.texts.js';

/** The page that an invitation's link opens. */
@ApiExcludeController()
@Controller('join')
export class JoinController {
  @Get()
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', JOIN_CSP)
  page(@Headers('accept-language') acceptLanguage: string | undefined): string {
    return renderJoinPage(joinLanguage(acceptLanguage));
  }
}
