import { open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { storeArchive } from '../archive/archive.js';
import { BackupError, unlessKept } from '../backup.errors.js';
import { sha256 } from '../manifest.js';
import type { Target } from '../targets/target.js';
import { assemble } from './point-in-time.policy.js';
import { isSegment, parseWalName, startOf, timelineOf, walName, type WalPart } from './wal-names.policy.js';

const PARTIAL = '.partial';
/** Parts of a segment after which they are put together, so that a quiet day does not leave thousands of files. */
const MANY = 120;

/** Where the log is taken from and where it goes. */
export interface ShippingOrder {
  readonly target: Target;
  readonly recipients: readonly string[];
  /** Folder of `pg_receivewal`. */
  readonly folder: string;
  readonly system: string;
  readonly timeline: number;
  /** Bytes of a segment. */
  readonly segmentSize: number;
}

/**
 * Brings what `pg_receivewal` has written to the target: of the segment that grows only what is new, and a finished
 * one once more as a whole, in the place of its parts. What is stored is deleted here. Every step can be repeated.
 */
export class WalShipper {
  /** Everything before this position of the log is stored. */
  private stored = 0n;
  private reached = 0;
  private marks: { readonly flushed: bigint; readonly time: number }[] = [];
  /** Parts of segments that are not stored as a whole. */
  private parts: WalPart[] = [];

  constructor(private readonly order: ShippingOrder) {}

  /** What was committed before is stored: milliseconds since 1970 by the server's clock; null while that is unknown. */
  get through(): number | null {
    return this.reached === 0 ? null : this.reached;
  }

  /** Everything before this position is stored. */
  get position(): bigint {
    return this.stored;
  }

  /** Learns what is stored already. @throws BackupError of the target */
  async resume(): Promise<void> {
    const { target, system, timeline, segmentSize } = this.order;
    const listed = (await target.list()).flatMap(({ name }) => parseWalName(name) ?? []);
    const own = listed.filter((part) => part.system === system && timelineOf(part.segment) === timeline);
    this.parts = own.filter((part) => !isWhole(part, segmentSize));
    for (const part of own) this.note(part);
  }

  /** Remembers what the server had flushed when. */
  mark(flushed: bigint, time: number): void {
    this.marks.push({ flushed, time });
    this.advance();
  }

  /**
   * Stores what is new.
   * @param received end of what the receiver has; undefined when nobody can tell: then what stands in the file counts
   * @throws BackupError of the target
   */
  async ship(received: bigint | undefined, signal: AbortSignal): Promise<void> {
    const names = (await readdir(this.order.folder)).sort();
    for (const name of names.filter(isSegment)) await this.shipSegment(name, signal);
    for (const name of names.filter((each) => each.endsWith(PARTIAL) && isSegment(each.slice(0, -PARTIAL.length))))
      await this.shipGrowth(name, received, signal);
  }

  /**
   * Deletes what `pg_receivewal` could not make whole: it fills a new file with zeros before it writes to it, and refuses
   * for ever one that it could not fill because the disk was full. Nothing is in such a file.
   */
  async discardUnfilled(): Promise<void> {
    const { folder, segmentSize } = this.order;
    for (const name of (await readdir(folder)).filter((each) => each.endsWith(PARTIAL))) {
      const { size } = await stat(join(folder, name));
      if (size !== segmentSize) await rm(join(folder, name));
    }
  }

  private async shipSegment(segment: string, signal: AbortSignal): Promise<void> {
    const { folder, segmentSize } = this.order;
    const bytes = await readFile(join(folder, segment));
    if (bytes.length !== segmentSize) throw new BackupError('wal_receiver_failed', `${segment} is not whole`);
    const part = this.partOf(segment, 0, bytes);
    await this.store(part, bytes, signal);
    await this.replaceParts(segment, []);
    this.note(part);
    await rm(join(folder, segment));
  }

  /** Deletes the parts of a segment in whose place something newer is stored. */
  private async replaceParts(segment: string, by: readonly WalPart[]): Promise<void> {
    const isOld = (part: WalPart): boolean => part.segment === segment;
    for (const old of this.parts.filter(isOld)) await this.order.target.delete(walName(old)).catch(unlessKept);
    this.parts = [...this.parts.filter((part) => !isOld(part)), ...by];
  }

  private async shipGrowth(name: string, received: bigint | undefined, signal: AbortSignal): Promise<void> {
    const { folder, segmentSize } = this.order;
    const segment = name.slice(0, -PARTIAL.length);
    const own = assemble(this.parts, segment, segmentSize);
    const isMany = own.length >= MANY;
    const from = isMany ? 0 : (own.at(-1)?.to ?? 0);
    const start = startOf(segment, segmentSize);
    const known = received === undefined ? segmentSize : Number(received - start);
    const bytes = await readBetween(join(folder, name), from, Math.min(known, segmentSize));
    const content = received === undefined ? withoutZeros(bytes) : bytes;
    if (content.length === 0 || from + content.length <= (own.at(-1)?.to ?? 0)) return;
    const part = this.partOf(segment, from, content);
    await this.store(part, content, signal);
    if (isMany) await this.replaceParts(segment, [part]);
    else this.parts.push(part);
    this.note(part);
  }

  private partOf(segment: string, from: number, bytes: Buffer): WalPart {
    const { system, segmentSize } = this.order;
    const to = from + bytes.length;
    const end = startOf(segment, segmentSize) + BigInt(to);
    return { system, segment, from, to, through: this.timeAt(end), sha256: sha256(bytes) };
  }

  /** A name says what is in it: a file that is there already is this one. */
  private async store(part: WalPart, bytes: Buffer, signal: AbortSignal): Promise<void> {
    const { target, recipients } = this.order;
    await storeArchive(target, walName(part), once(bytes), { recipients, signal }).catch((error: unknown) => {
      if (!(error instanceof BackupError && error.code === 'backup_name_taken')) throw error;
    });
  }

  private note({ segment, to, through }: WalPart): void {
    const end = startOf(segment, this.order.segmentSize) + BigInt(to);
    if (end > this.stored) this.stored = end;
    if (through > this.reached) this.reached = through;
    this.advance();
  }

  /** The newest time at which no more was flushed than what lies before a position. */
  private timeAt(end: bigint): number {
    return this.marks
      .filter(({ flushed }) => flushed <= end)
      .reduce((newest, { time }) => Math.max(newest, time), this.reached);
  }

  private advance(): void {
    this.reached = this.timeAt(this.stored);
    this.marks = this.marks.filter(({ flushed }) => flushed > this.stored);
  }
}

const isWhole = ({ from, to }: WalPart, size: number): boolean => from === 0 && to === size;

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

async function readBetween(path: string, from: number, to: number): Promise<Buffer> {
  if (to <= from) return Buffer.alloc(0);
  const file = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // it has just been finished
    throw error;
  });
  if (!file) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A segment that grows is filled up with zeros; a restore fills them in again. */
function withoutZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}
