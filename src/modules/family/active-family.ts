import type { Principal } from '../../platform/security/index.js';
import { FamilyError } from './family.errors.js';

/** The family that the person acts in. @throws FamilyError `no_family` */
export function familyOf({ familyId }: Pick<Principal, 'familyId'>): string {
  if (familyId === null) throw new FamilyError('no_family');
  return familyId;
}
