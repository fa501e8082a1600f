/** Most texts of one run. */
export const BATCH_TEXTS = 8;

/**
 * Most characters of one run, each text counted as long as the longest: the shorter ones are padded. A query waits for
 * the run that it meets, and longer runs win little: multilingual-e5-small with one thread embedded 74 passages/s while
 * queries took 33 ms in the median; with 1200 characters it was 78 passages/s, and 110 ms (`bench/embedding.ts`).
 */
export const BATCH_CHARACTERS = 256;

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
