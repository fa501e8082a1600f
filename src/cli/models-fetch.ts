import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { tryLock, unlock } from 'fs-native-extensions';
import { ModelFetchError } from './models-errors.js';
import type { PinnedFile } from './models-files.js';
import { isFile, sizeOf, transferFile } from './models-transfer.js';

export interface FetchRequest {
  /** Address of the folder that holds the files. */
  readonly from: string;
  /** Folder of the model. It appears whole or not at all. */
  readonly into: string;
  readonly files: readonly PinnedFile[];
  /** Tells the bytes that are here, of how many, and the file that comes. */
  readonly onProgress: (received: number, total: number, file: string) => void;
  /** Default: five tries in a row that bring nothing. */
  readonly attempts?: number;
  /** Default: one second. */
  readonly firstDelay?: number;
  /** Default: 30 seconds. */
  readonly idleTimeout?: number;
  /** Free bytes at a place. Default: as the file system says. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/**
 * Fetches a model: into a folder beside the final one first, which keeps what an interruption leaves, and which is
 * renamed when every checksum is right.
 * @returns whether anything had to be fetched
 * @throws ModelFetchError
 */
export async function fetchModel(request: FetchRequest): Promise<boolean> {
  const { into, files } = request;
  if (await isComplete(into, files)) return false;
  await refuseForeign(into, files);
  const stage = `${into}.part`;
  await mkdir(stage, { recursive: true }).catch((error: unknown) => {
    throw ModelFetchError.of(error, stage);
  });
  const release = lock(`${into}.lock`);
  try {
    await checkSpace(request, stage);
    await transferAll(request, stage);
    await publish(stage, into);
    return true;
  } finally {
    release();
  }
}

async function isComplete(folder: string, files: readonly PinnedFile[]): Promise<boolean> {
  for (const file of files) if (!(await isFile(join(folder, file.path), file))) return false;
  return true;
}

/** What is replaced must be a model, not somebody's folder. */
async function refuseForeign(into: string, files: readonly PinnedFile[]): Promise<void> {
  const found = await stat(into).catch(() => undefined);
  if (!found) return;
  if (!found.isDirectory()) throw new ModelFetchError('folder_unusable', `${into} is not a folder`);
  const known = new Set(files.map(({ path }) => path));
  const entries = await readdir(into, { recursive: true, withFileTypes: true });
  const foreign = entries.find(
    (entry) => !entry.isDirectory() && !known.has(relative(into, join(entry.parentPath, entry.name))),
  );
  if (foreign) throw new ModelFetchError('folder_unusable', `${into} holds other files, such as ${foreign.name}`);
}

function lock(path: string): () => void {
  let handle: number;
  try {
    handle = openSync(path, 'a', 0o600);
  } catch (error) {
    throw ModelFetchError.of(error, path);
  }
  if (!tryLock(handle)) {
    closeSync(handle);
    throw new ModelFetchError('fetch_in_progress', `another process fetches into ${dirname(path)}`);
  }
  return () => {
    unlock(handle);
    closeSync(handle);
  };
}

/** Room that is left over when all is fetched: a full disk stops the database. */
const SPARE_BYTES = 64 << 20;

async function checkSpace({ files, freeBytes = freeBytesAt }: FetchRequest, stage: string): Promise<void> {
  let missing = 0;
  for (const { path, size } of files) {
    const target = join(stage, path);
    missing += Math.max(0, size - (await sizeOf(target)) - (await sizeOf(`${target}.part`)));
  }
  const free = await freeBytes(stage);
  if (free >= missing + SPARE_BYTES) return;
  const detail = `${stage} has room for ${megabytes(free)} MB; ${megabytes(missing + SPARE_BYTES)} MB are needed`;
  throw new ModelFetchError('disk_full', detail);
}

async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

async function transferAll(request: FetchRequest, stage: string): Promise<void> {
  const { from, files, onProgress, attempts = 5, firstDelay = 1000, idleTimeout = 30_000 } = request;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of files) {
    const done = before;
    const onBytes = (received: number): void => {
      onProgress(done + received, total, file.path);
    };
    await transferFile({ from, stage, attempts, firstDelay, idleTimeout, onBytes }, file);
    before += file.size;
    onProgress(before, total, file.path);
  }
}

async function publish(stage: string, into: string): Promise<void> {
  const old = join(dirname(into), `.${basename(into)}.old`);
  await rm(old, { recursive: true, force: true });
  const isThere = (await stat(into).catch(() => undefined)) !== undefined;
  if (isThere) await rename(into, old);
  await rename(stage, into);
  await rm(old, { recursive: true, force: true });
}
