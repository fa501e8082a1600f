/** One configuration for every suite; `npm run test:unit` and its sisters choose by folder. */
export default {
  testEnvironment: 'node',
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  // Not in the folder for temporary files, which each run has for itself.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', {}] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  setupFiles: ['reflect-metadata'],
  // A bound for hangs, not a measure of speed: CI machines are slow at times.
  testTimeout: 60_000,
  // More than the two cores of the smallest machine: a third of the time of these tests is waiting.
  maxWorkers: 3,
  // Each worker keeps an embedded database per file; a fresh process now and then gives the memory back.
  workerIdleMemoryLimit: '2GB',
  collectCoverageFrom: [
    'src/**/*.ts',
    '!src/**/*.spec.ts',
    '!src/**/index.ts',
    '!src/**/*.d.ts',
    '!src/main.ts',
    '!src/server.ts',
    '!src/cli/**',
    '!src/platform/observability/tracing.preload.ts',
  ],
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'lcovonly'],
  coverageThreshold: { global: { lines: 85, branches: 85 } },
};
