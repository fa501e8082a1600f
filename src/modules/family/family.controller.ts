import { Body, Controller, Get, HttpCode, HttpStatus, Patch, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../platform/http/index.js';
import { CurrentUser, RequirePermission, type Principal } from '../../platform/security/index.js';
import { CreateFamilyRequest, UpdateFamilyRequest } from './dto/family.request.js';
import { FamilyResponse, MembershipsResponse } from './dto/family.response.js';
import { FamilyService } from './family.service.js';

@ApiTags('family')
@Controller()
export class FamilyController {
  constructor(private readonly families: FamilyService) {}

  @Get('family')
  @RequirePermission('family:read')
  @ApiOperation({ summary: 'The active family' })
  @ApiOkResponse({ type: FamilyResponse })
  @ApiProblems(401, 403, 404)
  active(@CurrentUser() principal: Principal): Promise<FamilyResponse> {
    return this.families.active(principal);
  }

  @Patch('family')
  @RequirePermission('family:write')
  @ApiOperation({ summary: 'Change the active family' })
  @ApiOkResponse({ type: FamilyResponse })
  @ApiProblems(400, 401, 403, 404)
  update(@CurrentUser() principal: Principal, @Body() changes: UpdateFamilyRequest): Promise<FamilyResponse> {
    return this.families.update(principal, changes);
  }

  @Get('families')
  @RequirePermission('account:read')
  @ApiOperation({ summary: 'Your families' })
  @ApiOkResponse({ type: MembershipsResponse })
  @ApiProblems(401)
  memberships(@CurrentUser() principal: Principal): Promise<MembershipsResponse> {
    return this.families.memberships(principal);
  }

  @Post('families')
  @HttpCode(HttpStatus.CREATED)
  @RequirePermission('family:create')
  @ApiOperation({ summary: 'Found another family, with you as its parent' })
  @ApiCreatedResponse({ type: FamilyResponse })
  @ApiProblems(400, 401, 403, 409)
  found(@CurrentUser() principal: Principal, @Body() request: CreateFamilyRequest): Promise<FamilyResponse> {
    return this.families.found(principal, request);
  }
}
