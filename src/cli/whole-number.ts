import { InvalidArgumentError } from 'commander';

/** A value of an option: a whole number from 1 on. */
export function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('A whole number from 1 on is expected.');
  return Number(value);
}
