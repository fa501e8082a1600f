/**
 * The area under the ROC curve of a classifier that goes by one number: the probability that one of the first is greater than
 * one of the second, ties counting half (Mann and Whitney, 1947). 0.5 tells them apart no better than a coin.
 */
export function areaUnderCurve(first: readonly number[], second: readonly number[]): number {
  const sorted = second.toSorted((one, other) => one - other);
  const wins = first.reduce((sum, value) => sum + (below(sorted, value, false) + below(sorted, value, true)) / 2, 0);
  return wins / (first.length * second.length);
}

/** How many of the sorted values are less than this one, or equal to it. */
function below(sorted: readonly number[], value: number, orEqual: boolean): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const at = sorted[middle] ?? Infinity;
    if (at < value || (orEqual && at === value)) from = middle + 1;
    else to = middle;
  }
  return from;
}
