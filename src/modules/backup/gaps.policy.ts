import type { Catalog } from './catalog.js';

/** Sequences of a chain that are not there, from the first of them to the last. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/**
 * What is missing between the manifests that are there, and before the first of them: each one names the one before.
 * Retention leaves such gaps, and so does whoever takes a backup away.
 */
export function gapsOf({ entries, faults }: Catalog): Gap[] {
  const there = [...entries.map(({ manifest }) => manifest), ...faults].map(({ sequence }) => sequence);
  return entries.flatMap(({ manifest: { previous } }) => {
    if (previous === null || there.includes(previous.sequence)) return [];
    const before = there.filter((sequence) => sequence < previous.sequence);
    return [{ from: Math.max(0, ...before) + 1, to: previous.sequence }];
  });
}
