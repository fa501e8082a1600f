/** Runs jest with the given arguments and ends with one line, `N passed, N failed`, that machines can read. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'family-assistant-results-'));
const results = join(folder, 'results.json');
// The suites make thousands of requests and hundreds of accounts; the settings of the caller's shell must not leak in.
const env = { ...process.env, NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' };
const { status } = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${results}`, ...process.argv.slice(2)],
  // stdout has nothing but the table of coverage.
  { stdio: ['ignore', 'inherit', 'inherit'], env },
);
let passed = 0;
let failed = 1;
try {
  const summary = JSON.parse(readFileSync(results, 'utf8'));
  passed = summary.numPassedTests;
  // A file that could not be loaded has no failed test, but it is a failure.
  failed = summary.numFailedTests + summary.numRuntimeErrorTestSuites;
} catch {
  console.error('jest wrote no results');
}
rmSync(folder, { recursive: true, force: true });
const ok = status === 0 && failed === 0;
console.log(`${passed} passed, ${ok ? 0 : Math.max(failed, 1)} failed`);
process.exit(ok ? 0 : 1);
