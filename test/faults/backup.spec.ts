import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { onPostgres } from '../support/database.js';
import { BackupWorld, type Judgement } from '../support/faults/backup-world.js';
import { seeded } from '../support/faults/random.js';
import { measured } from '../support/measure.js';
import { serversControl } from '../support/process.js';
import { CLOCK_KINDS } from './backup/clock.js';
import type { Kind } from './backup/kind.js';
import { SOURCE_KINDS } from './backup/source.js';
import { STORE_KINDS } from './backup/store.js';
import { STORED_KINDS } from './backup/stored.js';
import { TARGET_KINDS } from './backup/target.js';

/** How often each kind is done: once in the ordinary run, 10 times in `make test-faults`. */
const ROUNDS = Math.min(10, Number(process.env['FAULT_ROUNDS'] ?? '1'));
const SEED = Number(process.env['FAULT_SEED'] ?? '20261121');
/** Of what is the same on any database the ordinary run does a part; the embedded one takes seconds for a backup. */
const PART = ROUNDS > 1 ? 1 : onPostgres ? 0.5 : 0.2;

// A limit for what hangs; backups start other programs, on a machine that may be busy.
jest.setTimeout(120_000 + ROUNDS * 60_000);

const control = serversControl();
const isHere = ({ where = 'any' }: Kind): boolean =>
  where === 'any' || (where === 'servers' ? control !== undefined : where === (onPostgres ? 'postgresql' : 'embedded'));

const order = seeded(SEED);
/** What only this database has, and as many of the others as are wanted. */
function choose(all: readonly Kind[]): Kind[] {
  const here = all.filter(isHere);
  const others = here.filter(({ where = 'any' }) => where === 'any').map((kind) => ({ kind, at: order() }));
  const sample = others.toSorted((one, other) => one.at - other.at).slice(0, Math.ceil(others.length * PART));
  const wanted = new Set(sample.map(({ kind }) => kind));
  return here.filter((kind) => (kind.where ?? 'any') !== 'any' || wanted.has(kind));
}

const total: Judgement = { believed: 0, deleted: 0, codeless: 0 };
let done = 0;
let kinds = 0;

describe.each([
  ['folder', [...SOURCE_KINDS, ...TARGET_KINDS, ...STORED_KINDS, ...CLOCK_KINDS]],
  ['s3', STORE_KINDS],
] as const)('a backup in a target of the kind %s', (target, all) => {
  const chosen = choose(all);
  let world: BackupWorld;

  beforeAll(async () => {
    world = await BackupWorld.open(target);
  });
  afterEach(() => world.reset());
  afterAll(() => world.close());

  test.each(chosen)('$name: $code', async ({ name, code, inject }) => {
    const random = seeded(SEED + name.length * 7919);
    kinds += 1;
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round > 0) await world.reset();
      const told = await inject(world, random);
      const judgement = await world.judge(told, code);
      for (const key of ['believed', 'deleted', 'codeless'] as const) total[key] += judgement[key];
      done += 1;
      expect({ told, ...judgement }).toEqual({ told: code, believed: 0, deleted: 0, codeless: 0 });
    }
  });
});

test('docs/operations/BACKUP_FAULTS.md lists every kind with its code', () => {
  const file = join(import.meta.dirname, '../../docs/operations/BACKUP_FAULTS.md');
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const listed = new Map(rows.map(([, name = '', code = '']) => [name, code]));
  const all = [...SOURCE_KINDS, ...TARGET_KINDS, ...STORED_KINDS, ...CLOCK_KINDS, ...STORE_KINDS];
  const wrong = all.filter(({ name, code }) => !(listed.get(name) ?? '').includes(code)).map(({ name }) => name);
  expect(wrong).toEqual([]);
});

afterAll(() => {
  measured('faults of backups', {
    seed: SEED,
    kinds,
    injected: done,
    'bad backups marked verified': total.believed,
    'last verified deleted': total.deleted,
    'without a code of their own': total.codeless,
  });
});
