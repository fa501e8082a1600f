/** Who may import whom: the table of docs/ARCHITECTURE.md, row by row. */
const FEATURE = '^src/modules/([^/]+)/';
const forbid = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });
const spec = '\\.spec\\.ts$';

export default {
  forbidden: [
    forbid(
      'no-cycles',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
      'A cycle has no beginning.',
    ),
    forbid(
      'entry-points-are-not-imported',
      { path: '^src/(platform|modules)/' },
      { path: '^src/(main|server|app\\..*|cli/.*)\\.ts$' },
    ),
    forbid('platform-knows-no-feature', { path: '^src/platform/' }, { path: '^src/modules/' }),
    forbid(
      'config-stands-alone',
      { path: '^src/platform/config/', pathNot: spec },
      { path: '^src/', pathNot: '^src/platform/config/' },
    ),
    forbid(
      'only-the-data-source-knows-migrations',
      { path: '^src/', pathNot: '^src/platform/database/data-source\\.ts$' },
      { path: '^migrations/' },
    ),
    forbid('migrations-stand-alone', { path: '^migrations/' }, { path: '^src/' }),
    forbid(
      'modules-meet-at-their-index',
      { path: FEATURE },
      { path: '^src/modules/', pathNot: ['^src/modules/$1/', '^src/modules/[^/]+/index\\.ts$'] },
    ),
    forbid('users-stands-on-platform', { path: '^src/modules/users/' }, { path: '^src/modules/(auth|family)/' }),
    forbid('family-stands-on-users', { path: '^src/modules/family/' }, { path: '^src/modules/auth/' }),
    forbid(
      'controllers-are-thin',
      { path: '\\.controller\\.ts$' },
      { path: ['\\.(repository|entity)\\.ts$', 'node_modules/typeorm/'], pathNot: '^src/platform/' },
    ),
    forbid(
      'controllers-see-http-and-security',
      { path: '^src/modules/.*\\.controller\\.ts$' },
      { path: '^src/platform/', pathNot: '^src/platform/(http|security|limits)/' },
    ),
    forbid(
      'services-know-no-http-and-no-orm',
      { path: '^src/modules/.*\\.service\\.ts$' },
      { path: ['node_modules/(typeorm|fastify|@nestjs/platform-fastify)/'] },
    ),
    forbid(
      'repositories-know-their-own-module',
      { path: '^src/modules/([^/]+)/.*\\.repository\\.ts$' },
      { path: '^src/modules/', pathNot: '^src/modules/$1/' },
    ),
    forbid(
      'entities-know-their-own-module',
      { path: '^src/modules/([^/]+)/.*\\.entity\\.ts$' },
      { path: '^src/', pathNot: ['^src/modules/$1/', '^src/platform/security/'] },
    ),
    forbid(
      'policies-and-errors-are-pure',
      { path: '^src/modules/.*\\.(policy|errors)\\.ts$' },
      { dependencyTypesNot: ['type-only'], pathNot: ['^src/platform/http/', '\\.policy\\.ts$'] },
    ),
    forbid(
      'no-development-libraries',
      { path: '^(src|migrations)/', pathNot: spec },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
    forbid('nothing-unresolved', { path: '^(src|migrations)/' }, { couldNotResolve: true }),
    forbid(
      'no-orphans',
      { orphan: true, path: '^src/', pathNot: [spec, '\\.d\\.ts$', '^src/main\\.ts$', '\\.preload\\.ts$'] },
      {},
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
