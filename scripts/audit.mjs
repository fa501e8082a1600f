/**
 * Known faults in what is delivered (`npm audit --omit=dev`): fails on those that are high or critical, unless
 * security-exceptions.json accepts them: `[{ "id": "GHSA-...", "reason": "why it does no harm here", "until": "2027-01-31" }]`.
 * Exit 0 clean, 1 findings or a bad exception, 75 the registry has no audit endpoint here, so nothing was checked.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const EXCEPTIONS = 'security-exceptions.json';
const NOT_RUN = 75;

/**
 * What is to be mended: high and critical advisories that no valid exception accepts, and exceptions that are not valid.
 * @param {{ vulnerabilities?: Record<string, { via: (string | { url?: string, title?: string, severity?: string })[] }> }} report of `npm audit --json`
 * @param {{ id?: string, reason?: string, until?: string }[]} exceptions
 * @param {string} today YYYY-MM-DD
 * @returns {string[]}
 */
export function toMend(report, exceptions, today) {
  const bad = exceptions.filter(
    ({ id = '', reason = '', until = '' }) =>
      !/^GHSA-[\w-]+$/.test(id) || reason.length < 10 || !/^\d{4}-\d\d-\d\d$/.test(until),
  );
  const accepted = new Set(exceptions.filter((one) => !bad.includes(one) && one.until >= today).map(({ id }) => id));
  const found = new Map();
  for (const [name, { via }] of Object.entries(report.vulnerabilities ?? {}))
    for (const advisory of via) {
      if (typeof advisory === 'string' || !['high', 'critical'].includes(advisory.severity ?? '')) continue;
      const id = /GHSA-[\w-]+/.exec(advisory.url ?? '')?.[0] ?? advisory.url ?? name;
      if (!accepted.has(id)) found.set(id, `${id}: ${name}: ${advisory.severity}: ${advisory.title ?? ''}`);
    }
  return [...bad.map((one) => `not an exception: ${JSON.stringify(one)}`), ...found.values()];
}

function run() {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', timeout: 120_000 });
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    report = {};
  }
  if (!report.auditReportVersion) {
    console.log(`audit of dependencies: NOT RUN: ${report.message ?? 'the registry did not answer'}`);
    return NOT_RUN;
  }
  const exceptions = existsSync(EXCEPTIONS) ? JSON.parse(readFileSync(EXCEPTIONS, 'utf8')) : [];
  const faults = toMend(report, exceptions, new Date().toISOString().slice(0, 10));
  for (const fault of faults) console.log(fault);
  console.log(`measured: audit of dependencies: high or critical ${faults.length}, accepted ${exceptions.length}`);
  return faults.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = run();
