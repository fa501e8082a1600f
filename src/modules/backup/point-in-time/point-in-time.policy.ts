import { segmentAfter, timelineOf, type WalPart } from './wal-names.policy.js';

/** A base backup, as far as the decisions have to do with it. */
export interface KnownBase {
  readonly sequence: number;
  readonly system_identifier: string;
  /** The first segment that a recovery from it reads. */
  readonly start_segment: string;
  readonly wal_segment_size: number;
  /** By the server's clock; it holds nothing later. */
  readonly ended_at: string;
}

const DAY = 86_400_000;

/** Whether a new base backup has to be made. @param now by the server's clock, in milliseconds */
export function needsBase(
  newest: KnownBase | undefined,
  parts: readonly WalPart[],
  { system, timeline, now, days }: { system: string; timeline: number; now: number; days: number },
): boolean {
  if (newest === undefined) return true;
  if (newest.system_identifier !== system || timelineOf(newest.start_segment) !== timeline) return true;
  return now - Date.parse(newest.ended_at) >= days * DAY || !isContinuous(newest, parts);
}

/** Whether the log is stored without a gap from where a base backup needs it to its newest part. */
export function isContinuous(base: KnownBase, parts: readonly WalPart[]): boolean {
  const segments = new Set(behind(base, parts).map(({ segment }) => segment));
  const newest = [...segments].sort().at(-1);
  if (newest === undefined) return true; // nothing has come yet
  let at = base.start_segment;
  for (; at < newest; at = segmentAfter(at, base.wal_segment_size)) if (!segments.has(at)) return false;
  return true;
}

/** The parts that belong behind a base backup. */
export const behind = (base: KnownBase, parts: readonly WalPart[]): WalPart[] =>
  parts.filter(
    ({ system, segment }) =>
      system === base.system_identifier &&
      timelineOf(segment) === timelineOf(base.start_segment) &&
      segment >= base.start_segment,
  );

/**
 * What may be deleted: all base backups but the newest so many, by their sequence, and of each cluster the log before
 * its oldest one that is kept. The log of a cluster of which no base backup is known stays: its first may be on its way.
 */
export function decideWalRetention<Base extends KnownBase>(
  bases: readonly Base[],
  parts: readonly WalPart[],
  keep: number,
): { readonly bases: readonly Base[]; readonly parts: readonly WalPart[] } {
  const newestFirst = bases.toSorted((one, other) => other.sequence - one.sequence);
  const kept = newestFirst.slice(0, keep);
  const gone = newestFirst.slice(keep);
  const first = new Map<string, string>();
  for (const { system_identifier: system, start_segment: start } of kept) {
    const known = first.get(system);
    if (known === undefined || start < known) first.set(system, start);
  }
  const systems = new Set(bases.map(({ system_identifier }) => system_identifier));
  const isNeeded = ({ system, segment }: WalPart): boolean => {
    const start = first.get(system);
    return start === undefined ? !systems.has(system) : segment >= start;
  };
  return { bases: gone, parts: parts.filter((part) => !isNeeded(part)) };
}

/** The base backup from which a time is reached: the newest that was finished before. */
export const baseBefore = <Base extends KnownBase>(bases: readonly Base[], at: Date): Base | undefined =>
  bases
    .filter(({ ended_at }) => Date.parse(ended_at) <= at.getTime())
    .toSorted((one, other) => one.sequence - other.sequence)
    .at(-1);

/** What is stored of a segment: whole, or from its beginning as far as it goes without a gap; nothing otherwise. */
export function assemble(parts: readonly WalPart[], segment: string, size: number): readonly WalPart[] {
  const own = parts.filter((part) => part.segment === segment);
  const whole = own.find(({ from, to }) => from === 0 && to === size);
  if (whole) return [whole];
  const chosen: WalPart[] = [];
  let end = 0;
  for (const part of own.toSorted((one, other) => one.from - other.from || other.to - one.to)) {
    if (part.from > end) break;
    if (part.to <= end) continue;
    chosen.push(part);
    end = part.to;
  }
  return chosen;
}
