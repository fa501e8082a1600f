import { Readable } from 'node:stream';
import { readFile, stat } from 'node:fs/promises';
import { Encrypter, identityToRecipient } from 'age-encryption';
import { BackupError, toBackupError, toTargetError } from '../backup.errors.js';
import type { Manifest } from '../manifest.js';
import { digestOf, Hashing, isSame, type Chunks, type Digest, type Target } from '../targets/target.js';
import { seal, unseal } from './sealing.worker.js';

interface StoreOptions {
  readonly recipients: readonly string[];
  readonly signal: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

/** Whether an archive is compressed here, by its name; a dump may have been compressed where it was made. */
const isCompressed = (name: string): boolean => name.endsWith('.zst.age');

/** @throws BackupError `backup_recipient_invalid` */
export function refuseInvalid(recipients: readonly string[]): void {
  const encrypter = new Encrypter();
  try {
    for (const recipient of recipients) encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new BackupError('backup_recipient_invalid', undefined, { cause });
  }
}

/**
 * A stream compressed (zstd) where the name of its archive says so, then encrypted (age). Nothing of it is held in memory.
 * @throws BackupError of the source, or `backup_recipient_invalid`
 */
export async function* sealArchive(
  name: string,
  plain: Chunks,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  let fault: unknown;
  const source = Readable.from(
    watched(plain, undefined, (error) => {
      fault = error;
    }),
    { objectMode: false },
  );
  try {
    refuseInvalid(recipients);
    yield* await seal(source, recipients, isCompressed(name));
  } catch (error) {
    // What went wrong at the source comes out of the pipe as something else.
    throw fault ?? error;
  } finally {
    source.destroy();
  }
}

/**
 * Stores what is sealed. Nothing is left of it after an error.
 * @param onBytes is told the bytes that are stored
 * @throws BackupError of the source, or of the target
 */
export async function storeSealed(
  target: Target,
  name: string,
  sealed: Chunks,
  { signal, onBytes }: Omit<StoreOptions, 'recipients'>,
): Promise<Digest> {
  let fault: unknown;
  const source = watched(sealed, onBytes, (error) => {
    fault = error;
  });
  try {
    return await target.write(name, source, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw toBackupError(fault ?? error);
  }
}

/** Seals a stream, and stores it. @throws BackupError of the source, the target, or `backup_recipient_invalid` */
export const storeArchive = (
  target: Target,
  name: string,
  plain: Chunks,
  { recipients, ...options }: StoreOptions,
): Promise<Digest> => storeSealed(target, name, sealArchive(name, plain, recipients), options);

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
  { signal, onBytes }: { readonly signal?: AbortSignal; readonly onBytes?: (bytes: number) => void } = {},
): AsyncGenerator<Uint8Array> {
  const hashing = new Hashing();
  const stored = await target.read(archive.name, signal);
  let fault: unknown;
  const source = Readable.from(
    watched(hashing.through(stored, onBytes), undefined, (error) => {
      fault = error;
    }),
    { objectMode: false },
  );
  let content: Readable | undefined;
  try {
    content = await unseal(source, identities, isCompressed(archive.name));
    yield* content as AsyncIterable<Uint8Array>;
  } catch (error) {
    signal?.throwIfAborted();
    if (fault !== undefined) throw toTargetError(fault);
    // A damaged header fits no key either.
    throw fitsNoKey(error) && (await isAsStored(target, archive, signal))
      ? new BackupError('backup_wrong_key')
      : damaged(archive.name, error);
  } finally {
    for (const stream of [content, source, stored]) stream?.destroy();
  }
  if (!isSame(hashing.digest(), archive)) throw damaged(archive.name);
}

/** The only words the library has for it (`Decrypter.decrypt`). */
const fitsNoKey = (error: unknown): boolean => error instanceof Error && error.message.includes('no identity matched');

/** Whether a stored file is still the one that its manifest names. @throws BackupError of the target */
export async function isAsStored(target: Target, archive: Manifest['archive'], signal?: AbortSignal): Promise<boolean> {
  return isSame(await digestOf(await target.read(archive.name, signal), signal), archive);
}

const damaged = (name: string, cause?: unknown): BackupError =>
  new BackupError('backup_archive_damaged', name, { cause });

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
