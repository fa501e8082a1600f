import type { FamilyRole } from '../../../platform/security/index.js';

/** Wrong PINs after which a parent has to approve the device again. */
export const PIN_TRIES = 5;

/** Who may come in by a device's PIN: minors. Adults have an account of their own. */
export const mayHaveDevices = (role: FamilyRole): boolean => role === 'child' || role === 'teenager';

/**
 * Whether an account came about by a device code and has no other way in. A parent lets devices into such a one only: a
 * code for somebody who signs in themselves would open that person's private memories to the parent.
 */
export const livesOnDevices = (account: {
  readonly email: string | null;
  readonly hasPassword: boolean;
  /** Accounts elsewhere that are linked to it. */
  readonly identities: number;
}): boolean => account.email === null && !account.hasPassword && account.identities === 0;

/** Whether a PIN is among the first that anybody tries: one digit over and over, or digits in a row. */
export function isObviousPin(pin: string): boolean {
  const steps = new Set(Array.from(pin.slice(1), (digit, at) => Number(digit) - Number(pin[at])));
  const [step = 2] = steps;
  return steps.size === 1 && Math.abs(step) <= 1;
}
