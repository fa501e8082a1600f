import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';

/** What is stored of a stream: its length in bytes and its SHA-256 in hexadecimal. */
export interface Digest {
  readonly size: number;
  readonly sha256: string;
}

/** Chunks of bytes as they come. */
export type Chunks = AsyncIterable<Uint8Array>;

/**
 * A place where backups are stored: a flat set of files that appear whole and never change. All errors are
 * `BackupError`s: `backup_target_away`, `_denied`, `_readonly`, `_lies`, `backup_disk_full`, `backup_name_taken`. It may
 * be append-only: then `delete` throws `backup_target_keeps`, and everything else works.
 */
export interface Target {
  /** For people: no secrets. */
  readonly description: string;
  /**
   * Stores a file. It is there only when all of it has been read back and found to be the same; after any error, and
   * when `signal` is aborted, nothing of it is left.
   */
  write(name: string, chunks: Chunks, signal: AbortSignal): Promise<Digest>;
  /** @param signal ends the reading, whatever the target does; @throws BackupError `backup_archive_missing` */
  read(name: string, signal?: AbortSignal): Promise<Readable>;
  /** Names and sizes of all files, in no order. */
  list(): Promise<readonly { readonly name: string; readonly size: number }[]>;
  /** Names of files that somebody has begun to write: of writers that are at work, and of those that were killed. */
  unfinished(): Promise<readonly string[]>;
  /**
   * Deletes a file, and what is unfinished of it; one that is not there is no error.
   * @throws BackupError `backup_target_keeps`
   */
  delete(name: string): Promise<void>;
}

/** Passes chunks on and counts and hashes them on the way. */
export class Hashing {
  private readonly hash = createHash('sha256');
  private size = 0;

  async *through(chunks: Chunks, onBytes?: (bytes: number) => void): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.hash.update(chunk);
      this.size += chunk.length;
      onBytes?.(this.size);
      yield chunk;
    }
  }

  digest(): Digest {
    return { size: this.size, sha256: this.hash.digest('hex') };
  }
}

/** Reads to the end and keeps nothing. */
export async function digestOf(chunks: Chunks, signal?: AbortSignal): Promise<Digest> {
  const hashing = new Hashing();
  const stream = hashing.through(chunks);
  while (!(await stream.next()).done) signal?.throwIfAborted();
  return hashing.digest();
}

export const isSame = (one: Digest, other: Digest): boolean => one.size === other.size && one.sha256 === other.sha256;

/** A text of at most `limit` bytes. */
export async function textOf(chunks: Chunks, limit: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) break;
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** A short text as a stream. */
export async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}
