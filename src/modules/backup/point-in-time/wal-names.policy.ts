/**
 * A stored part of a segment of the write-ahead log: the whole of it, or what had come of it so far. Its name says
 * everything that is known of it, the hash of what it holds as well, so no manifest is needed.
 */
export interface WalPart {
  /** Of the cluster (`pg_control_system()`). */
  readonly system: string;
  /** As PostgreSQL names it: timeline, and its number in two halves. */
  readonly segment: string;
  /** Bytes of the segment: the first, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds since 1970 by the server's clock: what was committed before is in this part or an earlier one. */
  readonly through: number;
  /** Of the bytes, before they were compressed and encrypted. */
  readonly sha256: string;
}

const PART = /^(\d{15,20})-([0-9A-F]{24})-([0-9a-f]{8})-([0-9a-f]{8})-(\d{13})-([0-9a-f]{64})\.wal\.zst\.age$/;
const TIMELINE_DIGITS = 8;
const ADDRESSES_OF_LOG = 0x1_0000_0000;

const hex = (value: number): string => value.toString(16).padStart(8, '0');

/** Name of the file of a part. They sort in the order of the log. */
export const walName = ({ system, segment, from, to, through, sha256 }: WalPart): string =>
  `${system}-${segment}-${hex(from)}-${hex(to)}-${String(through).padStart(13, '0')}-${sha256}.wal.zst.age`;

/** What a file of the target is, by its name; undefined for what is no part of the log. */
export function parseWalName(name: string): WalPart | undefined {
  const [, system, segment, from, to, through, sha256] = PART.exec(name) ?? [];
  if (!system || !segment || !from || !to || !through || !sha256) return undefined;
  return {
    system,
    segment,
    from: Number.parseInt(from, 16),
    to: Number.parseInt(to, 16),
    through: Number(through),
    sha256,
  };
}

/** Whether a file of `pg_receivewal` is a finished segment. */
export const isSegment = (name: string): boolean => /^[0-9A-F]{24}$/.test(name);

/** Number of a segment within its timeline. @param size of segments, in bytes */
function numberOf(segment: string, size: number): number {
  const high = Number.parseInt(segment.slice(TIMELINE_DIGITS, 16), 16);
  return high * (ADDRESSES_OF_LOG / size) + Number.parseInt(segment.slice(16), 16);
}

/** Position of the first byte of a segment. */
export const startOf = (segment: string, size: number): bigint => BigInt(numberOf(segment, size)) * BigInt(size);

export const timelineOf = (segment: string): number => Number.parseInt(segment.slice(0, TIMELINE_DIGITS), 16);

/** The segment that follows on the same timeline. */
export function segmentAfter(segment: string, size: number): string {
  const next = numberOf(segment, size) + 1;
  const each = ADDRESSES_OF_LOG / size;
  const words = [Math.floor(next / each), next % each].map((word) => hex(word).toUpperCase());
  return `${segment.slice(0, TIMELINE_DIGITS)}${words.join('')}`;
}
