import type { Labels } from '../../alert.js';

/** The label that holds a metric's name. */
export const NAME = '__name__';

const KEYS = new WeakMap<Labels, string>();
const NAMELESS = new WeakMap<Labels, Labels>();

/** Labels in the order of their names, without empty ones, which count as missing. */
export function labelsOf(entries: Iterable<readonly [string, string]>): Labels {
  const kept = [...entries].filter(([, value]) => value !== '');
  return Object.fromEntries(kept.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
}

/** The same text for the same labels. */
export function keyOf(labels: Labels): string {
  let key = KEYS.get(labels);
  if (key === undefined) {
    const entries = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
    key = JSON.stringify(entries);
    KEYS.set(labels, key);
  }
  return key;
}

/** Without the metric's name, as results of computations are. */
export function withoutName(labels: Labels): Labels {
  if (labels[NAME] === undefined) return labels;
  let nameless = NAMELESS.get(labels);
  if (!nameless) {
    nameless = pick(labels, (name) => name !== NAME);
    NAMELESS.set(labels, nameless);
  }
  return nameless;
}

/** Those labels that are wanted. */
export function pick(labels: Labels, isWanted: (name: string) => boolean): Labels {
  const picked: Record<string, string> = {};
  for (const name in labels) if (isWanted(name)) picked[name] = labels[name] ?? '';
  return picked;
}
