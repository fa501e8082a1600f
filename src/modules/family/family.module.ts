import { Module } from '@nestjs/common';
import { UsersModule } from '../users/index.js';
import { FamilyController } from './family.controller.js';
import { FamilyRepository } from './family.repository.js';
import { FamilyService } from './family.service.js';
import { InvitationsController } from './invitations.controller.js';
import { InvitationsRepository } from './invitations.repository.js';
import { InvitationsService } from './invitations.service.js';
import { JoinController } from './join/join.controller.js';
import { MembersController } from './members.controller.js';
import { MembersRepository } from './members.repository.js';
import { MembersService } from './members.service.js';
import { MembershipData } from './membership-data.service.js';
import { MinorsService } from './minors.service.js';
import { OffersRepository } from './offers.repository.js';
import { OffersService } from './offers.service.js';
import { OnboardingService } from './onboarding.service.js';
import { ProfileService } from './profile.service.js';

@Module({
  imports: [UsersModule],
  controllers: [FamilyController, MembersController, InvitationsController, JoinController],
  providers: [
    FamilyService,
    MembersService,
    InvitationsService,
    ProfileService,
    OffersService,
    OnboardingService,
    MembershipData,
    MinorsService,
    FamilyRepository,
    MembersRepository,
    InvitationsRepository,
    OffersRepository,
  ],
  exports: [FamilyService, MembershipData, MinorsService, OffersService, OnboardingService, ProfileService],
})
export class FamilyModule {}
