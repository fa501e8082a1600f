import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems, UuidParam } from '../../../platform/http/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { PersonResponse, type MemberProfileResponse } from '../dto/profile.response.js';
import { MemberProfileService } from './member-profile.service.js';

@ApiTags('users')
@Controller('users')
export class ProfileController {
  constructor(private readonly profiles: MemberProfileService) {}

  @Get(':id/profile')
  @RequirePermission('profile:read')
  @ApiOperation({
    summary:
      'Your profile, or that of any member of the family for a parent, with what is remembered; by the id of the account or of the member',
  })
  @ApiOkResponse({ type: PersonResponse })
  @ApiProblems(400, 401, 404)
  read(@CurrentUser() principal: Principal, @UuidParam('id') id: string): Promise<MemberProfileResponse> {
    return this.profiles.read(principal, id);
  }
}
