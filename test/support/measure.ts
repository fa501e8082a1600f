/**
 * Prints one figure of docs/SECURITY.md, "What is measured", so that a run of the tests shows it beside its result.
 * @param figures what was counted, `0 answers with 5xx` or the like
 */
export function measured(name: string, figures: Readonly<Record<string, string | number>>): void {
  const list = Object.entries(figures).map(([what, value]) => `${what} ${String(value)}`);
  process.stderr.write(`measured: ${name}: ${list.join(', ')}\n`);
}
