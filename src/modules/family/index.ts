export { IsFamilyName } from './dto/family.request.js';
export { Family } from './family.entity.js';
export { FamilyModule } from './family.module.js';
export { familyOf } from './active-family.js';
export { FamilyService, type Household } from './family.service.js';
export { Invitation } from './invitation.entity.js';
export { Member } from './member.entity.js';
export { OnboardingService, type Joined } from './onboarding.service.js';
