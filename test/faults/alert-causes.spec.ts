import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, jest, test } from '@jest/globals';
import { alertingRulesOf } from '../../src/modules/alerting/rules/rule-file.js';
import { loadRules } from '../../src/modules/alerting/rules/rule-files.js';
import { AlertingRulesConfig } from '../../src/platform/config/index.js';
import { CauseWorld, type Cause, type Need } from '../support/alerting/cause-world.js';
import { TemporaryDisk } from '../support/alerting/temporary-disk.js';
import { onPostgres } from '../support/database.js';
import { seeded } from '../support/faults/random.js';
import { serversControl } from '../support/process.js';
import { ALERTING_CAUSES } from './alerting/causes/alerting.js';
import { PART_CAUSES } from './alerting/causes/parts.js';
import { REQUEST_CAUSES } from './alerting/causes/requests.js';
import { STORE_CAUSES } from './alerting/causes/stores.js';

const control = serversControl();

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(600_000);

const CAUSES: readonly Cause[] = [...REQUEST_CAUSES, ...PART_CAUSES, ...STORE_CAUSES, ...ALERTING_CAUSES];

/** Rules that a running server cannot be made to fire, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  BackendGone:
    'who is gone cannot say so: test/e2e/alert-prometheus.spec.ts ends a server under the eyes of Prometheus',
  EvaluationStopped:
    'a process that evaluates no rules cannot evaluate this one, and who scrapes one that stands still loses its series: test/integration/alert-rules-shipped.spec.ts',
};

const canMount = await TemporaryDisk.isPossible(tmpdir());
const hasOpenssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const HAD: Readonly<Record<Need, boolean>> = {
  postgresql: onPostgres,
  servers: control !== undefined,
  mount: canMount,
  openssl: hasOpenssl,
};

/** Causes of an ordinary run, which the seed chooses: each takes seconds, in which one waits for rules. */
const SAMPLE = onPostgres ? 5 : 2;
const isWhole = process.env['FAULT_ROUNDS'] !== undefined;

function sampleOf(causes: readonly Cause[]): readonly Cause[] {
  const seed = Number(process.env['FAULT_SEED'] ?? '20261121');
  const random = seeded(seed);
  const chosen = causes
    .map((cause) => ({ cause, at: random() }))
    .sort((one, other) => one.at - other.at)
    .slice(0, SAMPLE)
    .map(({ cause }) => cause);
  process.stderr.write(`FAULT_SEED=${String(seed)}: ${chosen.map(({ name }) => name).join('; ')}\n`);
  return chosen;
}

const possible = CAUSES.filter(({ needs }) => needs === undefined || HAD[needs]);
const chosen = new Set(isWhole ? possible : sampleOf(possible));

describe('a shipped rule', () => {
  let world: CauseWorld;

  beforeEach(async () => {
    world = await CauseWorld.open(control);
  });
  afterEach(async () => {
    await world.close();
  });

  for (const cause of CAUSES) {
    const title = `${cause.rules.join(', ')}: ${cause.name}`;
    const run = chosen.has(cause) ? test : test.skip;
    run(title, () => cause.prove(world));
  }
});

it('each shipped rule has a cause that is proved, or a reason why not, and none has both', async () => {
  const shipped = alertingRulesOf(await loadRules(new AlertingRulesConfig())).map(({ name }) => name);
  const proved = CAUSES.flatMap(({ rules }) => rules);
  expect(new Set(proved).size).toBe(proved.length);
  expect([...proved, ...Object.keys(ELSEWHERE)].sort()).toEqual([...shipped].sort());
});
