/**
 * How archives are compressed and encrypted, and back. It is a thread as well, which runs a program and seals what that
 * writes: the buffers of gigabytes pass through a small heap of their own, whose garbage is cheap, and block nobody. Node
 * runs this file as it is, from the sources too, so it imports nothing of the project.
 */
import { spawn } from 'node:child_process';
import { pipeline, Readable, type Duplex } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { Decrypter, Encrypter } from 'age-encryption';

/** Level of zstd: the default of the command, which halves a dump at the speed of a disk. */
export const ZSTD_LEVEL = 3;
/** Bytes in which compressed data come: the default of 16 KiB has four times the cost. */
const CHUNK = 1 << 16;

/** Compresses (zstd) where it is wanted, then encrypts (age). @throws Error of a recipient that is none */
export async function seal(
  source: Readable,
  recipients: readonly string[],
  isCompressed: boolean,
): Promise<ReadableStream<Uint8Array>> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const params = { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 };
  const packed = isCompressed ? through(source, createZstdCompress({ chunkSize: CHUNK, params })) : source;
  return encrypter.encrypt(toWeb(packed));
}

/** The other way round. @param identities private keys, any of which may fit; @throws Error, while it is read as well */
export async function unseal(
  source: Readable,
  identities: readonly string[],
  isCompressed: boolean,
): Promise<Readable> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  const plain = Readable.fromWeb(await decrypter.decrypt(toWeb(source)));
  plain.on('error', unheard);
  return isCompressed ? through(plain, createZstdDecompress({ chunkSize: CHUNK })) : plain;
}

/**
 * Of streams of Node: through those of the web zstd would take minutes for megabytes. A pipeline tells the reader of every
 * error; `stream.compose` loses that of a last part that ends too early, and its reader waits for ever.
 */
const through = (stream: Readable, duplex: Duplex): Duplex => pipeline(stream, duplex, unheard).on('error', unheard);

/**
 * A stream for the web, read as it is asked for. `Readable.toWeb` closes by an event what a reader has given up by then,
 * and that error is nobody's: it would end the process.
 */
const toWeb = (stream: Readable): ReadableStream<Uint8Array> => ReadableStream.from(plainBytes(stream));

/** Of a `Buffer` the `slice` is another one than that of the bytes that the library takes it for. */
async function* plainBytes(stream: Readable): AsyncGenerator<Uint8Array> {
  for await (const { buffer, byteOffset, length } of stream as AsyncIterable<Uint8Array>)
    yield new Uint8Array(buffer, byteOffset, length);
}

/** A stream that is given up early says so by an event, which would end the process; its reader is told anyway. */
const unheard = (): void => undefined;

/** What the thread is started with: a program, and for whom its output is sealed. */
export interface SealingOrder {
  readonly seals: {
    readonly command: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
  readonly recipients: readonly string[];
  readonly isCompressed: boolean;
}

/** `more`: a chunk was taken; `stop`: the program is to be ended. */
export type SealingRequest = 'more' | 'stop';

/** Chunks, then how the program ended and what it said; or what failed, and whether there is no such program. */
export type SealingReply =
  | { readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly code: number | null; readonly said: string }
  | { readonly failed: string; readonly isMissing: boolean };

/** Chunks that may wait for the other thread. */
const WINDOW = 32;
const KEPT_OUTPUT = 16_384;

async function runSealed(port: MessagePort, { seals, recipients, isCompressed }: SealingOrder): Promise<void> {
  const child = spawn(seals.command, seals.args, { stdio: ['ignore', 'pipe', 'pipe'], env: seals.env });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-KEPT_OUTPUT)));
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  ended.catch(() => undefined);
  let room = WINDOW;
  let goOn: () => void = () => undefined;
  port.on('message', (request: SealingRequest) => {
    if (request === 'stop') child.kill('SIGKILL');
    room += request === 'stop' ? Infinity : 1;
    goOn();
  });
  for await (const chunk of await seal(child.stdout, recipients, isCompressed)) {
    while (room <= 0) await new Promise<void>((resolve) => (goOn = resolve));
    room -= 1;
    const own = Uint8Array.from(chunk); // what is given away must be nobody else's
    port.postMessage({ chunk: own }, [own.buffer]);
  }
  port.postMessage({ code: await ended, said });
}

const isOrder = (data: unknown): data is SealingOrder => typeof data === 'object' && data !== null && 'seals' in data;

if (parentPort && isOrder(workerData)) {
  const port = parentPort;
  await runSealed(port, workerData).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    port.postMessage({ failed: String(error), isMissing: code === 'ENOENT' || code === 'EACCES' });
  });
  port.close();
}
