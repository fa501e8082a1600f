import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { Readable, type Duplex } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { readFile, stat } from 'node:fs/promises';
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption';
import { BackupError, toBackupError } from '../backup.errors.js';
import type { Manifest } from '../manifest.js';
import { digestOf, Hashing, isSame, type Chunks, type Digest, type Target } from '../targets/target.js';

/** Level of zstd: the default of the command, which halves a dump at the speed of a disk. */
const LEVEL = 3;

/**
 * Stores a stream: compressed (zstd), then encrypted (age), then hashed. Nothing of it is held in memory, and nothing
 * is left of it after an error.
 * @param onBytes is told the bytes that went in
 * @throws BackupError of the source, the target, or `backup_recipient_invalid`
 */
export async function storeArchive(
  target: Target,
  name: string,
  plain: Chunks,
  {
    recipients,
    signal,
    onBytes,
  }: { recipients: readonly string[]; signal: AbortSignal; onBytes?: (bytes: number) => void },
): Promise<Digest> {
  const encrypter = new Encrypter();
  try {
    for (const recipient of recipients) encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new BackupError('backup_recipient_invalid', undefined, { cause });
  }
  let fault: unknown;
  const source = Readable.from(
    watched(plain, onBytes, (error) => {
      fault = error;
    }),
    { objectMode: false },
  );
  const compress = createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  compress.on('error', ignore);
  const compressed = source.compose(compress, { signal }) as Duplex;
  compressed.on('error', ignore);
  try {
    const encrypted = await encrypter.encrypt(toWeb(compressed));
    return await target.write(name, encrypted, signal);
  } catch (error) {
    signal.throwIfAborted();
    // What went wrong at the source comes out of the pipe as something else.
    throw toBackupError(fault ?? error);
  } finally {
    source.destroy();
    compressed.destroy();
  }
}

/**
 * The content of a stored archive. Damage is found at the latest at the end, so what is made of the content is to be
 * believed only after that.
 * @param identities private keys of age
 * @throws BackupError `backup_wrong_key`, `backup_archive_missing`, `backup_archive_damaged`, or of the target
 */
export async function* openArchive(
  target: Target,
  { archive }: Pick<Manifest, 'archive'>,
  identities: readonly string[],
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const hashing = new Hashing();
  const stored = await target.read(archive.name);
  const pieces: { destroy(): unknown }[] = [stored];
  try {
    const decrypted = await decrypt(toWeb(Readable.from(hashing.through(stored, onBytes))), identities);
    const plain = Readable.fromWeb(decrypted);
    const decompress = createZstdDecompress();
    const content = plain.compose(decompress) as Duplex;
    for (const each of [plain, decompress, content]) each.on('error', ignore);
    pieces.push(content);
    yield* content as AsyncIterable<Uint8Array>;
  } catch (error) {
    // A damaged header fits no key either.
    if (isWrongKey(error) && !(await isAsStored(target, archive))) throw damaged(archive.name, error);
    if (error instanceof BackupError) throw error;
    throw isOfTarget(error) ? toBackupError(error, 'backup_target_away') : damaged(archive.name, error);
  } finally {
    for (const piece of pieces) piece.destroy();
  }
  if (!isSame(hashing.digest(), archive)) throw damaged(archive.name);
}

/** Streams that are given up early, and those they are composed of, say so by an event; unheard, it would end the process. */
const ignore = (): void => undefined;

const isWrongKey = (error: unknown): boolean => error instanceof BackupError && error.code === 'backup_wrong_key';

/** Whether a stored file is still the one that its manifest names. @throws BackupError of the target */
export async function isAsStored(target: Target, archive: Manifest['archive'], signal?: AbortSignal): Promise<boolean> {
  return isSame(await digestOf(await target.read(archive.name), signal), archive);
}

type Web = WebStream<Uint8Array>;

async function decrypt(stored: ReadableStream<Uint8Array>, identities: readonly string[]): Promise<Web> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(stored);
  } catch (cause) {
    // The only words the library has for it (`Decrypter.decrypt`).
    if (cause instanceof Error && cause.message.includes('no identity matched'))
      throw new BackupError('backup_wrong_key');
    throw cause;
  }
}

const toWeb = (stream: Readable): ReadableStream<Uint8Array> => Readable.toWeb(stream);

const damaged = (name: string, cause?: unknown): BackupError =>
  new BackupError('backup_archive_damaged', name, { cause });

/** Errors of networks and disks have a code; those of ciphers and of zstd tell of damage. */
const isOfTarget = (error: unknown): boolean =>
  /^E[A-Z]+$/.test(String((error as NodeJS.ErrnoException).code)) || (error as Error).name === 'TimeoutError';

/** Counts what comes, and tells of what goes wrong where it comes from; not of a reader who wants no more. */
async function* watched(
  chunks: Chunks,
  onBytes: ((bytes: number) => void) | undefined,
  onError: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  const next = (): Promise<IteratorResult<Uint8Array>> =>
    source.next().catch((error: unknown) => {
      onError(error);
      throw error;
    });
  let bytes = 0;
  try {
    for (let chunk = await next(); !chunk.done; chunk = await next()) {
      bytes += chunk.value.length;
      onBytes?.(bytes);
      yield chunk.value;
    }
  } finally {
    await source.return?.();
  }
}

/** Nobody but the owner may read a private key. */
const OTHERS = 0o077;

/**
 * The private keys of a file, in the format of `age-keygen`: one in a line, comments begin with #.
 * @throws BackupError `backup_identity_unreadable`, `backup_identity_invalid`
 */
export async function readIdentities(path: string): Promise<readonly string[]> {
  let text: string;
  try {
    if (((await stat(path)).mode & OTHERS) !== 0)
      throw new BackupError('backup_identity_unreadable', `${path} can be read by others: chmod 600`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new BackupError('backup_identity_unreadable', `${path} (${code})`);
  }
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw new BackupError('backup_identity_invalid', `${path} is empty`);
  for (const line of lines) await recipientOf(line, path);
  return lines;
}

/** The public key of a private one. */
export async function recipientOf(identity: string, path: string): Promise<string> {
  try {
    return await identityToRecipient(identity);
  } catch {
    throw new BackupError('backup_identity_invalid', path);
  }
}
