/** Accounts that somebody gives to a load. */
import { readFileSync } from 'node:fs';
import type { Account } from './behaviour.mjs';
import { OptionError } from './option-error.js';

/** Accounts of a server that runs already. @throws OptionError when the file has no list of them */
export function readAccounts(file: string): Account[] {
  const refuse = (detail: string): OptionError => new OptionError('invalid_option', '--accounts', detail);
  let accounts: unknown;
  try {
    accounts = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw refuse(error instanceof SyntaxError ? 'is no JSON' : 'cannot be read');
  }
  const isAccount = (one: unknown): one is Account =>
    typeof one === 'object' &&
    one !== null &&
    typeof Reflect.get(one, 'email') === 'string' &&
    typeof Reflect.get(one, 'password') === 'string';
  if (!Array.isArray(accounts) || accounts.length === 0) throw refuse('must be a list with an account or more');
  const wrong = accounts.findIndex((one) => !isAccount(one));
  if (wrong !== -1) throw refuse(`has at ${String(wrong)} something without "email" and "password"`);
  return accounts as Account[];
}
