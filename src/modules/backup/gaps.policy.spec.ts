import { expect, it } from '@jest/globals';
import { BackupError } from './backup.errors.js';
import type { Catalog, CatalogEntry } from './catalog.js';
import { gapsOf } from './gaps.policy.js';
import type { Manifest } from './manifest.js';

const entry = (sequence: number, previous: number | null): CatalogEntry => ({
  manifest: {
    sequence,
    previous: previous === null ? null : { sequence: previous, sha256: '' },
  } as Manifest,
  sha256: '',
  verified: undefined,
  isDamaged: false,
  trashed: undefined,
  archiveSize: undefined,
});
const catalog = (entries: readonly CatalogEntry[], faults: readonly number[] = []): Catalog => ({
  entries,
  faults: faults.map((sequence) => ({ sequence, id: '', error: new BackupError('backup_manifest_invalid') })),
});

it('what is missing from a chain is named, and nothing else', () => {
  expect(gapsOf(catalog([]))).toEqual([]);
  expect(gapsOf(catalog([entry(1, null), entry(2, 1), entry(3, 2)]))).toEqual([]);
  expect(gapsOf(catalog([entry(1, null), entry(3, 2)]))).toEqual([{ from: 2, to: 2 }]);
  expect(gapsOf(catalog([entry(4, 3), entry(9, 8)]))).toEqual([
    { from: 1, to: 3 },
    { from: 5, to: 8 },
  ]);
  // One at fault is there, and says nothing that is believed.
  expect(gapsOf(catalog([entry(1, null), entry(3, 2)], [2]))).toEqual([]);
});
