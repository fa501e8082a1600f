/** Runs jest with the given arguments and ends with one line, `N passed, N failed`, that machines can read. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { readAsvs, unproved } from '../test/support/asvs.ts';

const GIB = 2 ** 30;
const place = placeForTests();
const folder = mkdtempSync(join(place, `family-assistant-tests-${process.pid}-`));
const results = join(folder, 'results.json');
const SLOWEST = 12;
// The suites make thousands of requests and hundreds of accounts; the settings of the caller's shell must not leak in.
const env = {
  ...process.env,
  NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
  TMPDIR: folder,
};
const onServers = Boolean(process.env.TEST_DATABASE_URL);
const given = process.argv.slice(2);
const runs = given.length > 0 ? [given] : wholeSuite();
const requirements = readAsvs(readFileSync('docs/security/ASVS.md', 'utf8'));
// Of tests that are chosen by name the others do not run; nothing is asked of them.
const isByName = given.some((arg) => /^(-t|--testNamePattern)/.test(arg));
let passed = 0;
let failed = 0;
for (const args of runs) {
  rmSync(results, { force: true });
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${results}`, ...args],
    // stdout has nothing but the table of coverage.
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...env, TEST_IN_BAND: String(args.includes('-i')) } },
  );
  try {
    const summary = JSON.parse(readFileSync(results, 'utf8'));
    passed += summary.numPassedTests;
    printSlowest(summary);
    // A file that could not be loaded has no failed test, but it is a failure.
    failed += Math.max(summary.numFailedTests + summary.numRuntimeErrorTestSuites, status === 0 ? 0 : 1);
    // What docs/security/ASVS.md calls met has passed, where its file ran; a failed test is counted above already.
    const wrong = isByName ? [] : unproved(requirements, summary, onServers);
    for (const line of wrong) console.error(line);
    if (summary.numFailedTests === 0) failed += wrong.length;
  } catch {
    console.error('jest wrote no results');
    failed += 1;
  }
}

/**
 * On servers, tests that take these away come after all others, which stand on them, and one file at a time. What needs
 * no database has run with the embedded one. `TEST_HALF`, 0 or 1, leaves out half of the long files, for a run with the
 * other half on the other database.
 */
function wholeSuite() {
  const faults = specsIn('test/faults');
  const alone = faults.filter((path) => readFileSync(path, 'utf8').includes('serversControl('));
  const long = [...faults, ...specsIn('test/e2e').filter(isLong)];
  const half = process.env.TEST_HALF;
  const left = half === undefined ? [] : long.filter((_, index) => index % 2 !== Number(half));
  const without = (paths) => (paths.length > 0 ? ['--testPathIgnorePatterns', ...paths.map((path) => `/${path}`)] : []);
  if (!onServers) return [without(left)];
  return [
    [
      resolve('test'),
      ...without([...new Set([...left, ...alone]), 'test/contract/', 'test/deployment/', 'test/load/']),
    ],
    ['-i', ...alone],
  ];
}

function specsIn(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.spec.ts'));
  return names.toSorted().map((name) => `${folder}/${name}`);
}

/** Beside the faults: disasters and restores, and what starts one process after the other or waits for clocks. */
function isLong(path) {
  const names = ['alert-prometheus', 'append-only', 'auth-limits', 'auth-mail-smtp', 'dashboards', 'disaster-recovery'];
  const families = ['backup', 'cli', 'load', 'restore', 'shutdown', 'tracing'];
  return new RegExp(`/(${names.join('|')}|(${families.join('|')})[\\w-]*)\\.spec\\.ts$`).test(path);
}

/**
 * Memory, where there is enough of it: hundreds of databases begin and end, and on a disk each sync takes milliseconds.
 * What a killed run left there is deleted, as nothing else would.
 */
function placeForTests() {
  const memory = '/dev/shm';
  try {
    const { bavail, bsize } = statfsSync(memory);
    for (const name of readdirSync(memory)) {
      const [, pid] = /^family-assistant-tests-(\d+)-/.exec(name) ?? [];
      if (pid && !existsSync(`/proc/${pid}`)) rmSync(join(memory, name), { recursive: true, force: true });
    }
    if (Math.min(bavail * bsize, freemem()) > 10 * GIB) return memory;
  } catch {
    // There is none, or it is not ours.
  }
  return tmpdir();
}

/** What makes the suite long is seen in each run: the slowest files, in seconds. */
function printSlowest({ testResults }) {
  const seconds = ({ startTime, endTime }) => Math.round((endTime - startTime) / 1000);
  const slowest = testResults.toSorted((a, b) => seconds(b) - seconds(a)).slice(0, SLOWEST);
  if (testResults.length <= SLOWEST) return;
  console.error('slowest:', slowest.map((file) => `${relative('.', file.name)} ${seconds(file)} s`).join(', '));
}

rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
