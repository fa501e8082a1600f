/**
 * Takes out of node_modules what a server never loads: declarations, source maps, documents and tests of packages, second
 * and third builds of the same code for bundlers and browsers, programs for other machines. Prints what that saves.
 *
 *   node --experimental-import-meta-resolve docker/prune.mjs FOLDER    (FOLDER holds dist and node_modules)
 *
 * Guarded by a walk over everything that dist reaches by `import` and `require`: a rule that would delete one of those
 * files ends this with exit code 1 and their names, so an upgrade of a package cannot break the image silently.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, rmdirSync, statSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = `${process.platform}-${process.arch}`;

/** Files of any package. A licence stays, whatever its ending. */
const ENDINGS = /\.(?:map|md|markdown|[cm]?ts|tsx|flow|tsbuildinfo|lock)$|\.[cm]?js\.(?:gz|br)$/i;
const LICENCE = /^(?:licen[cs]e|copying|notice)/i;
/** Folders at the top of any package. */
const FOLDERS = [
  'test',
  'tests',
  '__tests__',
  'spec',
  'specs',
  'docs',
  'doc',
  'example',
  'examples',
  'benchmark',
  'benchmarks',
  'bench',
];

/** Needed by tools of these packages alone, never by what a server loads. */
const PACKAGES = ['typescript', '@types/*', 'yargs', 'yargs-parser', 'cliui', 'ts-node', '@nestjs/cli'];

/** By the name of the package, folders or files that are there for bundlers, browsers, or what is not used here. */
const PARTS = {
  rxjs: ['src', 'dist/esm', 'dist/esm5', 'dist/bundles', 'dist/types'],
  'class-validator': ['bundles', 'esm5', 'esm2015'],
  'class-transformer': ['bundles', 'esm5', 'esm2015'],
  'libphonenumber-js': ['bundle', 'es6-modern', 'source', 'website', 'test'],
  typeorm: ['browser'],
  '@opentelemetry/*': ['build/esm', 'build/esnext'],
  '@aws-sdk/*': ['dist-es', 'dist-types'],
  '@smithy/*': ['dist-es', 'dist-types'],
  '@microsoft/tsdoc': ['lib'],
  '@grpc/grpc-js': ['src'],
  protobufjs: ['dist'],
  'swagger-ui-dist': ['swagger-ui.js', 'swagger-ui-es-bundle.js', 'swagger-ui-es-bundle-core.js'],
  'onnxruntime-node': ['script'],
  'es-toolkit': ['dist/browser.global.js'],
};

/** Of the embedded database: builds for CommonJS, and extensions other than those that src/platform/database loads. */
const PGLITE = '@electric-sql/pglite';
const EXTENSIONS = ['btree_gist', 'pg_trgm', 'unaccent', 'vector'];

const fits = (pattern, name) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern);
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));

/** The package that a file belongs to, and its path in there. */
function placeOf(file) {
  const parts = file.split(sep);
  const at = parts.lastIndexOf('node_modules') + 1;
  const length = parts[at]?.startsWith('@') ? 2 : 1;
  return { name: parts.slice(at, at + length).join('/'), path: parts.slice(at + length).join('/') };
}

/** Programs for another system, processor or C library. */
function isForeign(path) {
  const prebuilt = /^prebuilds\/([^/]+)\/(.+)/.exec(path);
  if (prebuilt) return prebuilt[1] !== HERE || prebuilt[2].includes('musl');
  const onnx = /^bin\/napi-v\d+\/(\w+)\/(\w+)\//.exec(path);
  return onnx !== null && `${onnx[1]}-${onnx[2]}` !== HERE;
}

const isSpare = (path) =>
  /\.cjs$/.test(path) || (path.endsWith('.tar.gz') && !EXTENSIONS.includes(basename(path, '.tar.gz')));

/** Whether a file of node_modules is taken out. */
function goes(file) {
  const { name, path } = placeOf(file);
  if (PACKAGES.some((pattern) => fits(pattern, name))) return true;
  if (LICENCE.test(basename(path))) return false;
  if (ENDINGS.test(path) || FOLDERS.includes(path.split('/')[0]) || isForeign(path)) return true;
  if (name === PGLITE && isSpare(path)) return true;
  return Object.entries(PARTS).some(
    ([pattern, parts]) => fits(pattern, name) && parts.some((part) => path === part || path.startsWith(`${part}/`)),
  );
}

const IMPORTED = /(?:\bfrom|\bimport)\s*["']([^"'\n]+)["']|\bimport\s*\(\s*["']([^"'\n]+)["']\s*\)/g;
const REQUIRED = /\brequire\s*\(\s*["']([^"'\n]+)["']\s*\)/g;
const BESIDE = /new URL\(\s*["'](\.[^"'\n]+)["']\s*,\s*import\.meta\.url/g;

/** What a file names that is there. What is not there was optional, or stands in a comment. */
function* namedBy(file) {
  const text = readFileSync(file, 'utf8');
  const parent = pathToFileURL(file).href;
  const seen = (find) => {
    try {
      const found = find();
      return existsSync(found) ? [realpathSync(found)] : [];
    } catch {
      return [];
    }
  };
  for (const [, from, dynamic] of text.matchAll(IMPORTED)) {
    const name = from ?? dynamic;
    if (!isBuiltin(name)) yield* seen(() => fileURLToPath(import.meta.resolve(name, parent)));
  }
  for (const [, name] of text.matchAll(REQUIRED))
    if (!isBuiltin(name)) yield* seen(() => createRequire(file).resolve(name));
  for (const [, name] of text.matchAll(BESIDE)) yield* seen(() => resolve(dirname(file), name));
}

/** All files that the program reaches by names written in it. */
function reachedFrom(roots) {
  const reached = new Set(roots);
  for (const file of reached)
    if (['.js', '.cjs', '.mjs'].includes(extname(file))) for (const named of namedBy(file)) reached.add(named);
  return reached;
}

function dropEmpty(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) dropEmpty(join(folder, entry.name));
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

const project = realpathSync(process.argv[2] ?? '.');
const modules = join(project, 'node_modules');
const reached = reachedFrom(filesIn(join(project, 'dist')).filter((file) => file.endsWith('.js')));
const doomed = filesIn(modules).filter((file) => goes(relative(project, file)) || basename(dirname(file)) === '.bin');
const needed = doomed.filter((file) => reached.has(file));
if (needed.length > 0) {
  console.error(`docker/prune.mjs would delete what is loaded:\n${needed.slice(0, 20).join('\n')}`);
  process.exit(1);
}

let bytes = 0;
for (const file of doomed) {
  bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  rmSync(file);
}
dropEmpty(modules);
console.log(`pruned ${doomed.length} files, ${Math.round(bytes / 1e6)} MB; ${reached.size} files are reached by name`);
