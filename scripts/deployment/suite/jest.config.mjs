/** The configuration of jest for specs that run in a container of the server's image: scripts/deployment/suite.mjs. */
import { join } from 'node:path';
import base from '../../../jest.config.mjs';
import { FILES } from './excluded.mjs';
import { PATIENCE, SUITE_FOLDER } from './places.mjs';

export default {
  ...base,
  rootDir: SUITE_FOLDER,
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  testPathIgnorePatterns: Object.keys(FILES).map((name) => `/test/e2e/${name.replaceAll('.', '\\.')}$`),
  resolver: join(SUITE_FOLDER, 'scripts/deployment/suite/resolver.mjs'),
  cacheDirectory: '/tmp/jest',
  watchman: false,
  testTimeout: PATIENCE,
};
