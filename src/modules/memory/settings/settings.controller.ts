import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../../platform/http/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../../platform/security/index.js';
import { MemorySettingsResponse, UpdateMemorySettingsRequest } from '../dto/settings.js';
import { SettingsService } from './settings.service.js';

@ApiTags('memory')
@Controller('family/memory-settings')
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  @Get()
  @RequirePermission('memory:read')
  @ApiOperation({ summary: 'What the family has decided about its memory' })
  @ApiOkResponse({ type: MemorySettingsResponse })
  @ApiProblems(401, 403, 404)
  get(@CurrentUser() principal: Principal): Promise<MemorySettingsResponse> {
    return this.settings.get(principal);
  }

  @Patch()
  @RequirePermission('family:write')
  @ApiOperation({ summary: 'Decide how long conversations are kept, and whether facts are read from them' })
  @ApiOkResponse({ type: MemorySettingsResponse })
  @ApiProblems(400, 401, 403, 404)
  update(
    @CurrentUser() principal: Principal,
    @Body() changes: UpdateMemorySettingsRequest,
  ): Promise<MemorySettingsResponse> {
    return this.settings.update(principal, changes);
  }
}
