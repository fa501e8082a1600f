import { Controller, Get, Header, Headers } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../../../platform/security/index.js';
import { LINK_CSP, renderLinkPage } from './link.page.js';
import { linkLanguage } from './link.texts.js';

/** The pages that the links of mails open. */
@ApiExcludeController()
@Controller('account')
@Public()
export class LinkController {
  @Get('password')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', LINK_CSP)
  password(@Headers('accept-language') acceptLanguage: string | undefined): string {
    return renderLinkPage('password', linkLanguage(acceptLanguage));
  }

  @Get('email')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', LINK_CSP)
  email(@Headers('accept-language') acceptLanguage: string | undefined): string {
    return renderLinkPage('email', linkLanguage(acceptLanguage));
  }
}
