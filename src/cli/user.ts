import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { isEmail } from 'class-validator';
import { normaliseEmail, RegistrationService } from '../modules/auth/index.js';
import { environment } from '../platform/config/index.js';
import { fieldError, PERSON_NAME, tidy } from '../platform/http/index.js';
import { withApp } from './app.js';
import { print } from './print.js';

interface Options {
  readonly email: string;
  readonly name: string;
}

/** `user create-admin` */
export function addUserCommands(program: Command): void {
  program
    .command('user')
    .description('accounts')
    .command('create-admin')
    .description('make an account that administers the server; the password is asked for, or read from standard input')
    .requiredOption('--email <address>', 'email to sign in with')
    .option('--name <first name>', 'first name', 'Admin')
    .action(async ({ email, name }: Options) => {
      const address = normaliseEmail(email);
      if (!isEmail(address)) throw fieldError('email', 'must be an email address');
      const firstName = tidy(name);
      if (!PERSON_NAME.test(firstName)) throw fieldError('name', 'must be a name of 1 to 100 characters');
      const password = process.stdin.isTTY
        ? await askHidden('Password: ')
        : (await text(process.stdin)).replace(/\r?\n$/, '');
      await withApp(environment(), async (app) => {
        const { id } = await app.get(RegistrationService).createAdmin({ email: address, password, firstName });
        print(`made admin ${address} with id ${id}`);
      });
    });
}

/** Asks on the terminal without showing what is typed. */
async function askHidden(question: string): Promise<string> {
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  process.stdout.write(question);
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const answer = await terminal.question('');
  terminal.close();
  process.stdout.write('\n');
  return answer;
}
