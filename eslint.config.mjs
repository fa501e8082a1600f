import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Only `platform/config` reads the environment; whoever needs a setting asks for a configuration class. */
const NO_ENVIRONMENT = {
  'no-restricted-properties': [
    'error',
    { object: 'process', property: 'env', message: 'Read settings from a class of src/platform/config.' },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: 'ImportDeclaration[source.value=/^(node:)?process$/]',
      message: 'Use the global `process`; its environment belongs to src/platform/config.',
    },
  ],
};

/** Names of @nestjs/common that make a service know HTTP. */
const HTTP_NAMES =
  '^(\\w+Exception|Http\\w*|Req|Request|Res|Response|Headers|Query|Body|Param|Controller|Get|Post|Put|Patch|Delete)$';

export default tseslint.config(
  { ignores: ['dist/', 'dist-*/', 'coverage/', 'data/', 'test/contract/client.ts'] },
  // A rule that is in the way is discussed and changed here for everybody, never suppressed in one line.
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A Nest module is a class with a decorator and often nothing else.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // DTOs, entities and options are shapes: whatever has the fields is one, a prototype means nothing.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      // An empty variable counts as unset: `??` would let '' through.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      'max-lines': ['error', { max: 400 }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  { files: ['src/**/*.ts', 'migrations/**/*.ts'], ignores: ['src/platform/config/**'], rules: NO_ENVIRONMENT },
  {
    files: ['src/modules/**/*.service.ts', 'src/modules/**/*.policy.ts', 'src/modules/**/*.errors.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@nestjs/common'],
              importNamePattern: HTTP_NAMES,
              message: 'Services know no HTTP: throw a DomainError.',
            },
          ],
        },
      ],
    },
  },
  {
    // Commands and benchmarks speak to a person.
    files: ['src/cli/**/*.ts', 'bench/**', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // OpenTelemetry's loader hook is asynchronous, which the successor of `register` cannot take.
    files: ['src/platform/observability/tracing.preload.ts'],
    rules: { '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    // Marked deprecated to stand out. Used where the settings say that a provider is on this machine.
    files: ['src/modules/auth/providers/loopback.ts'],
    rules: { '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // `expect(service.method)` is how tests are written.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // It runs in k6, not in Node.
    files: ['bench/load/k6.js'],
    languageOptions: { globals: { __ENV: 'readonly', open: 'readonly' } },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'URL',
          'Buffer',
          'setTimeout',
          'clearTimeout',
          'fetch',
          'performance',
          'AbortSignal',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
