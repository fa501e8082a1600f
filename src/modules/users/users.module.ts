import { Module } from '@nestjs/common';
import { AccountData } from './account-data.service.js';
import { AccountsService } from './accounts.service.js';
import { AuthorityService } from './authority.service.js';
import { GrantsRepository } from './grants.repository.js';
import { GrantsService } from './grants.service.js';
import { RolesController } from './roles.controller.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

@Module({
  controllers: [UsersController, RolesController],
  providers: [
    UsersService,
    GrantsService,
    GrantsRepository,
    AccountsService,
    AuthorityService,
    AccountData,
    UsersRepository,
  ],
  exports: [AccountsService, AuthorityService],
})
export class UsersModule {}
