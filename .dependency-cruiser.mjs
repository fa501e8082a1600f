/** Who may import whom: the table of docs/ARCHITECTURE.md, row by row. A type is an import like any other. */

/** The module graph: each module and those it may stand on. One that is not listed may import none. */
const STANDS_ON = {
  users: [],
  family: ['users'],
  auth: ['users', 'family'],
  memory: ['family'],
  audit: [],
  privacy: ['users', 'family', 'auth'],
  backup: [],
  alerting: [],
};

const forbid = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });
const SPEC = '\\.spec\\.ts$';
const ORM = '(^|/)node_modules/(typeorm|pg|@electric-sql/pglite)/';
const HTTP = '(^|/)node_modules/(fastify|@nestjs/platform-fastify|@fastify/[^/]+)/';
const platform = (...rooms) => `^src/platform/(${rooms.join('|')})/`;
/** Files of a module by the word before `.ts`; the module's name is the first group. */
const files = (kind) => `^src/modules/([^/]+)/.*\\.${kind}\\.ts$`;
const own = (kind) => `^src/modules/$1/.*\\.${kind}\\.ts$`;
/** A row that lists all of this repository that may be imported. */
const only = (name, from, allowed, comment) =>
  forbid(
    name,
    { path: from, pathNot: SPEC },
    { path: '^(src|migrations|test|bench|scripts)/', pathNot: allowed },
    comment,
  );

const moduleGraph = Object.entries(STANDS_ON).map(([name, others]) =>
  forbid(
    `${name}-stands-on-${others.join('-and-') || 'platform'}`,
    { path: `^src/modules/${name}/` },
    { path: '^src/modules/', pathNot: `^src/modules/(${[name, ...others].join('|')})/` },
  ),
);

export default {
  forbidden: [
    // main, app.*, cli
    forbid(
      'entry-points-are-not-imported',
      { path: '^src/(platform|modules)/' },
      { path: '^src/([^/]+|cli/.*)\\.ts$' },
      'Nothing stands on main, app.* and cli.',
    ),
    forbid('cli-is-not-imported', { path: '^src/', pathNot: '^src/cli/' }, { path: '^src/cli/' }),

    // platform
    forbid('platform-knows-no-feature', { path: '^src/platform/' }, { path: '^src/modules/' }),
    only('config-stands-alone', '^src/platform/config/', '^src/platform/config/'),
    forbid(
      'only-the-data-source-knows-migrations',
      { path: '^src/', pathNot: '^src/platform/database/data-source\\.ts$' },
      { path: '^migrations/' },
    ),

    // modules
    forbid(
      'modules-meet-at-their-index',
      { path: '^src/modules/([^/]+)/' },
      { path: '^src/modules/', pathNot: ['^src/modules/$1/', '^src/modules/[^/]+/index\\.ts$'] },
    ),
    ...moduleGraph,
    forbid(
      'unlisted-modules-stand-on-platform',
      { path: '^src/modules/([^/]+)/', pathNot: `^src/modules/(${Object.keys(STANDS_ON).join('|')})/` },
      { path: '^src/modules/', pathNot: '^src/modules/$1/' },
      'Write the module into STANDS_ON.',
    ),
    only(
      'controllers-are-thin',
      files('controller'),
      ['^src/modules/$1/', platform('http', 'security', 'limits', 'observability')],
      'A controller calls its own service. limits and observability: for their decorators.',
    ),
    forbid(
      'controllers-decide-and-query-nothing',
      { path: files('controller'), pathNot: SPEC },
      { path: own('(repository|entity|policy|errors|module)') },
    ),
    forbid('controllers-know-no-orm', { path: files('controller') }, { path: ORM }),
    forbid(
      'services-know-no-http-and-no-orm',
      { path: files('service'), pathNot: SPEC },
      { path: [ORM, HTTP, '\\.controller\\.ts$', '\\.module\\.ts$'] },
    ),
    forbid(
      'only-repositories-and-entities-know-the-orm',
      { path: '^src/modules/', pathNot: ['\\.(repository|entity)\\.ts$', SPEC] },
      { path: ORM },
    ),
    only(
      'repositories-know-entities-and-the-database',
      files('repository'),
      [own('(entity|repository|errors|statement)'), platform('database', 'http', 'security')],
      'errors: for the violated constraint. statement: a text of SQL too long to stand in its repository. http and security: see the next rule.',
    ),
    only(
      'entities-stand-alone',
      files('entity'),
      [own('entity'), platform('database', 'security')],
      'database: for its types. security: see the next rule.',
    ),
    forbid(
      'repositories-and-entities-take-types-of-platform',
      { path: files('(repository|entity)'), pathNot: SPEC },
      { path: '^src/platform/', pathNot: platform('database'), dependencyTypesNot: ['type-only'] },
      'Roles and positions on pages are words of platform that rows speak of; its code is none of their business.',
    ),
    forbid(
      'policies-and-errors-are-pure',
      { path: files('(policy|errors)') },
      { dependencyTypesNot: ['type-only'], pathNot: [platform('http'), '\\.policy\\.ts$'] },
      'They import types. Besides, errors their base class, and a policy another one.',
    ),

    // migrations
    forbid(
      'migrations-stand-alone',
      { path: '^migrations/' },
      { pathNot: ['^migrations/', '(^|/)node_modules/typeorm/'] },
      'A migration is history: what it says may not change with the code.',
    ),

    // the whole house
    forbid('no-cycles', {}, { circular: true }),
    forbid('tests-are-not-imported', { path: '^(src|migrations)/' }, { path: '^(test|bench|scripts)/' }),
    forbid(
      'no-development-libraries',
      { path: '^(src|migrations)/', pathNot: SPEC },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
    forbid('nothing-unresolved', { path: '^(src|migrations)/' }, { couldNotResolve: true }),
    forbid(
      'no-orphans',
      { orphan: true, path: '^src/', pathNot: [SPEC, '\\.d\\.ts$', '^src/main\\.ts$', '\\.preload\\.ts$'] },
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
