import { Readable, type Duplex } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
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
  return encrypter.encrypt(Readable.toWeb(packed));
}

/** The other way round. @param identities private keys, any of which may fit; @throws Error, while it is read as well */
export async function unseal(
  source: Readable,
  identities: readonly string[],
  isCompressed: boolean,
): Promise<Readable> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  const plain = Readable.fromWeb(await decrypter.decrypt(Readable.toWeb(source)));
  plain.on('error', unheard);
  return isCompressed ? through(plain, createZstdDecompress({ chunkSize: CHUNK })) : plain;
}

/** Of streams of Node: through those of the web zstd would take minutes for megabytes. */
const through = (stream: Readable, duplex: Duplex): Duplex => (stream.compose(duplex) as Duplex).on('error', unheard);

/** A stream that is given up early says so by an event, which would end the process; its reader is told anyway. */
const unheard = (): void => undefined;
