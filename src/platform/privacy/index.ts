export {
  inRounds,
  type Bilingual,
  type FormerMembership,
  type Membership,
  type PersonalData,
  type Person,
  type Receipt,
  type Row,
  type Section,
} from './personal-data.js';
export { PrivacyRegistry } from './privacy-registry.js';
export { PrivacyRegistryModule } from './privacy-registry.module.js';
