import type { Command } from 'commander';
import { loadConfig, newSecret, rotateSecrets } from '../platform/config/index.js';
import { print } from './print.js';

/** `keys rotate` */
export function addKeysRotate(program: Command): void {
  program
    .command('keys')
    .description('keys that sign access tokens')
    .command('rotate')
    .description('make a new key; tokens of the old one stay valid, so nobody is signed out')
    .action(() => {
      const { auth, server } = loadConfig();
      if (auth.jwtSecret === undefined) {
        rotateSecrets(server.dataDir);
        print(`a new key is in ${server.dataDir}/secrets.json; restart the server to use it`);
        return;
      }
      // The environment is not ours to write. The old key is not repeated here: the operator has it.
      print('Set these and restart the server; take JWT_SECRET_KEY_PREVIOUS out after a day:');
      print(`JWT_SECRET_KEY=${newSecret()}`);
      print('JWT_SECRET_KEY_PREVIOUS=<the value that JWT_SECRET_KEY has now>');
    });
}
