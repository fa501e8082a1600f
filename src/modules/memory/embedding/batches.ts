/** Most texts of one run. A query that comes meanwhile waits for the run, so it is short rather than efficient. */
export const BATCH_TEXTS = 8;

/** Most characters of one run, each text counted as long as the longest: the shorter ones are padded. */
export const BATCH_CHARACTERS = 1200;

/**
 * Groups texts of similar length, so that little is computed for padding.
 * @returns positions in `texts`, each once
 */
export function planBatches(texts: readonly string[]): number[][] {
  const lengthOf = (at: number): number => texts[at]?.length ?? 0;
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const at of [...texts.keys()].sort((a, b) => lengthOf(a) - lengthOf(b))) {
    // Sorted, so the newest is the longest.
    if (batch.length === BATCH_TEXTS || (batch.length + 1) * lengthOf(at) > BATCH_CHARACTERS) {
      if (batch.length > 0) batches.push(batch);
      batch = [];
    }
    batch.push(at);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
