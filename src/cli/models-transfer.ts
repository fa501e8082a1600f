import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as pause } from 'node:timers/promises';
import { ModelFetchError } from './models-errors.js';
import type { PinnedFile } from './models-files.js';

export interface Transfer {
  /** Address of the folder. */
  readonly from: string;
  /** Folder in which the files are gathered. */
  readonly stage: string;
  /** Tells how many bytes of the file are here. */
  readonly onBytes: (received: number) => void;
  /** Tries in a row that bring nothing, before it is given up. */
  readonly attempts: number;
  /** Wait before the second try, in milliseconds; doubles with each. */
  readonly firstDelay: number;
  /** Longest silence of the server, in milliseconds. */
  readonly idleTimeout: number;
}

/** A failure after which another try makes sense. */
class Interrupted extends Error {}

/**
 * Brings one file into the stage, or what is missing of it: an interrupted one is continued by a Range request
 * (RFC 9110, 14.2). It gets its name when its checksum is right.
 * @throws ModelFetchError
 */
export async function transferFile(transfer: Transfer, file: PinnedFile): Promise<void> {
  const target = join(transfer.stage, file.path);
  const part = `${target}.part`;
  try {
    if (await isFile(target, file)) return;
    await mkdir(dirname(target), { recursive: true });
    const isOld = (await sizeOf(part)) > 0;
    await receiveAll(transfer, file, part);
    if (!(await isFile(part, file)) && isOld) {
      // The beginning was left by an earlier run, perhaps from another place: once more from the first byte.
      await rm(part);
      await receiveAll(transfer, file, part);
    }
    if (!(await isFile(part, file))) {
      await rm(part);
      throw mismatch(file, 'has another checksum');
    }
    await rename(part, target);
  } catch (error) {
    throw ModelFetchError.of(error, part);
  }
  transfer.onBytes(file.size);
}

/** Whether the file is there, with the size and the checksum it must have. */
export async function isFile(path: string, { size, sha256 }: PinnedFile): Promise<boolean> {
  if ((await sizeOf(path)) !== size) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex') === sha256;
}

/** Bytes of a file; 0 when it is not there. */
export async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function receiveAll(transfer: Transfer, file: PinnedFile, part: string): Promise<void> {
  const { attempts, firstDelay } = transfer;
  let fruitless = 0;
  for (let have = await sizeOf(part); have < file.size;) {
    const failure = await receive(transfer, file, part, have).then(
      () => new Interrupted('it breaks off'),
      (error: unknown) => {
        if (error instanceof Interrupted) return error;
        throw error;
      },
    );
    const has = await sizeOf(part);
    fruitless = has > have ? 0 : fruitless + 1;
    if (fruitless >= attempts) {
      const detail = `${urlOf(transfer, file)}: ${failure.message}; what has come is kept`;
      throw new ModelFetchError('model_source_unavailable', detail);
    }
    if (has < file.size) await pause(fruitless === 0 ? 0 : firstDelay * 2 ** (fruitless - 1));
    have = has;
  }
}

/** One request, from the first byte that is missing. */
async function receive(transfer: Transfer, file: PinnedFile, part: string, have: number): Promise<void> {
  const { onBytes, idleTimeout } = transfer;
  const idle = new AbortController();
  const timer = setTimeout(() => {
    idle.abort(new Interrupted(`no byte within ${String(idleTimeout)} ms`));
  }, idleTimeout);
  try {
    const response = await fetch(urlOf(transfer, file), {
      // Compressed bytes could not be continued.
      headers: { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${String(have)}-` }) },
      signal: idle.signal,
    }).catch((error: unknown) => {
      throw interruption(error, idle.signal);
    });
    const start = await startOf(response, have, transfer, file, part);
    let received = start;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        timer.refresh();
        received += chunk.length;
        if (received > file.size) {
          done(mismatch(file, 'is longer'));
          return;
        }
        onBytes(received);
        done(null, chunk);
      },
    });
    const output = createWriteStream(part, { flags: start > 0 ? 'a' : 'w', flush: true });
    const source = Readable.fromWeb((response.body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>);
    await pipeline(source, meter, output, { signal: idle.signal }).catch((error: unknown) => {
      throw error instanceof ModelFetchError || isOfDisk(error) ? error : interruption(error, idle.signal);
    });
  } finally {
    clearTimeout(timer);
  }
}

/** The byte with which the answer begins: 0 when the server does not know Range. */
async function startOf(
  response: Response,
  have: number,
  transfer: Transfer,
  file: PinnedFile,
  part: string,
): Promise<number> {
  const { status, headers } = response;
  const refuse = async (error: Error): Promise<never> => {
    await response.body?.cancel();
    throw error;
  };
  if (status === 206 && headers.get('content-range')?.startsWith(`bytes ${String(have)}-`)) return have;
  if (status === 200) {
    const length = headers.get('content-length');
    if (length === null || Number(length) === file.size) return 0;
    return refuse(mismatch(file, `has ${length} bytes instead of ${String(file.size)}`));
  }
  if (status === 206 || status === 416) {
    await rm(part, { force: true });
    return refuse(new Interrupted(`it answers another part than was asked for (${String(status)})`));
  }
  if (status === 408 || status === 429 || status >= 500) return refuse(new Interrupted(`it answers ${String(status)}`));
  const detail = `${urlOf(transfer, file)} is answered with ${String(status)}; name another place by --from`;
  return refuse(new ModelFetchError('model_not_found', detail));
}

/** Errors of the disk name the system call that failed, those of a fetch do not. */
function isOfDisk(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

function interruption(error: unknown, signal: AbortSignal): Interrupted {
  if (signal.reason instanceof Interrupted) return signal.reason;
  const { message, cause } = error as Error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : message;
  return new Interrupted(`the connection failed (${String(code)})`);
}

function mismatch({ path }: PinnedFile, what: string): ModelFetchError {
  return new ModelFetchError('model_checksum_mismatch', `${path} is not the pinned file: it ${what}`);
}

function urlOf({ from }: Transfer, { path }: PinnedFile): string {
  return `${from.replace(/\/+$/, '')}/${path}`;
}
