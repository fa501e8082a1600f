/**
 * The rules whose alerts are not told because something fires that explains them.
 * Rules that inhibit each other in a circle do not: of two that hide each other nobody would hear.
 * @param firing names of the rules that fire
 * @param inhibitorsOf names of the rules during whose firing one is not told
 */
export function inhibitedRules(
  firing: ReadonlySet<string>,
  inhibitorsOf: (rule: string) => readonly string[],
): ReadonlySet<string> {
  const causesOf = (rule: string): string[] =>
    inhibitorsOf(rule).filter((cause) => cause !== rule && firing.has(cause));
  const leadsTo = (from: string, to: string): boolean => {
    const seen = new Set<string>();
    const ahead = [from];
    for (let rule = ahead.pop(); rule !== undefined; rule = ahead.pop()) {
      if (rule === to) return true;
      if (seen.has(rule)) continue;
      seen.add(rule);
      ahead.push(...causesOf(rule));
    }
    return false;
  };
  return new Set([...firing].filter((rule) => causesOf(rule).some((cause) => !leadsTo(cause, rule))));
}
