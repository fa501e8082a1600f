/** How long to leave something alone after so many failures: doubles up to a bound, half of it by chance, so that many do not come at one moment. */
export function pauseAfter(failures: number, { base, most }: { readonly base: number; readonly most: number }): number {
  const longest = Math.min(most, base * 2 ** Math.min(failures - 1, 30));
  return longest / 2 + (Math.random() * longest) / 2;
}
