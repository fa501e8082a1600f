import { addAbortSignal, Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { BackupError, toBackupError, toTargetError, type BackupErrorCode } from '../backup.errors.js';
import { RetriesOfEach } from './s3-retries.js';
import { digestOf, Hashing, isSame, type Chunks, type Digest, type Target } from './target.js';

/** Where the bucket is, and by which key. */
export interface S3Settings {
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly bucket: string;
  /** Beginning of all names; empty, or ends with a slash. */
  readonly prefix: string;
  readonly usesPathStyle: boolean;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Milliseconds in which not a byte moves before the store counts as away. */
  readonly silence: number;
}

/** Bytes of a part; S3 takes 10,000 of them, so a backup has at most 160 GB. Two are held in memory. */
const PART_SIZE = 16 << 20;
const PARTS_AT_ONCE = 2;
/** Milliseconds until a connection stands. */
const CONNECTION_TIMEOUT = 10_000;
const ATTEMPTS = 4;

/** A bucket of an S3-compatible store. A file appears when its last part has been accepted; it is read back then. */
export class S3Target implements Target {
  readonly description: string;
  private readonly client: S3Client;

  constructor(private readonly settings: S3Settings) {
    const { endpoint, region, bucket, prefix, usesPathStyle, accessKeyId, secretAccessKey, silence } = settings;
    this.description = `${endpoint ?? 's3'}/${bucket}/${prefix}`;
    this.client = new S3Client({
      ...(endpoint === undefined ? {} : { endpoint }),
      region,
      forcePathStyle: usesPathStyle,
      credentials: { accessKeyId, secretAccessKey },
      retryStrategy: new RetriesOfEach(ATTEMPTS),
      // Of the socket, not of the request: a slow store may take its time, a silent one may not.
      requestHandler: { socketTimeout: silence, connectionTimeout: CONNECTION_TIMEOUT },
      // Stores other than Amazon's refuse the newer checksums; everything is read back and hashed here anyway.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async write(name: string, chunks: Chunks, signal: AbortSignal): Promise<Digest> {
    let isUploaded = false;
    try {
      if (await this.exists(name)) throw new BackupError('backup_name_taken', name);
      const written = await this.upload(name, chunks, signal);
      isUploaded = true;
      const stored = await digestOf(await this.read(name, signal), signal);
      if (!isSame(written, stored)) throw new BackupError('backup_target_lies', name);
      return written;
    } catch (error) {
      if (isUploaded) await this.delete(name).catch(() => undefined);
      throw signal.aborted ? toBackupError(signal.reason, 'backup_cancelled') : faultOf(error);
    }
  }

  async read(name: string, signal?: AbortSignal): Promise<Readable> {
    try {
      const options = signal ? { abortSignal: signal } : {};
      const { Body } = await this.client.send(new GetObjectCommand(this.at(name)), options);
      if (!Body) throw new BackupError('backup_archive_missing', name);
      return signal ? addAbortSignal(signal, Body as Readable) : (Body as Readable);
    } catch (error) {
      if (isMissing(error)) throw new BackupError('backup_archive_missing', name);
      throw faultOf(error);
    }
  }

  async list(): Promise<readonly { readonly name: string; readonly size: number }[]> {
    const { bucket: Bucket, prefix: Prefix } = this.settings;
    const files: { name: string; size: number }[] = [];
    let token: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await this.client
        .send(
          new ListObjectsV2Command({ Bucket, Prefix, ...(token === undefined ? {} : { ContinuationToken: token }) }),
        )
        .catch((error: unknown) => {
          throw faultOf(error);
        });
      for (const { Key = '', Size = 0 } of page.Contents ?? [])
        files.push({ name: Key.slice(Prefix.length), size: Size });
      const next = page.IsTruncated ? page.NextContinuationToken : undefined;
      // There is more, but nobody says where: half a listing is worse than none.
      if (page.IsTruncated && (next === undefined || next === token))
        throw new BackupError('backup_target_lies', 'its listing does not end');
      token = next;
    } while (token !== undefined);
    return files;
  }

  async unfinished(): Promise<readonly string[]> {
    return (await this.uploads()).map(({ name }) => name);
  }

  async delete(name: string): Promise<void> {
    try {
      for (const upload of await this.uploads(name)) await this.giveUp(name, upload.id);
      await this.client.send(new DeleteObjectCommand(this.at(name)));
    } catch (error) {
      // The key may add, but not delete; or the store holds the object for a time.
      if ([403, 405].includes(statusOf(error) ?? 0))
        throw new BackupError('backup_target_keeps', (error as S3Fault).name, { cause: error });
      throw faultOf(error);
    }
  }

  /** Uploads that were begun: their parts are stored, and paid for, until somebody gives them up. */
  private async uploads(of = ''): Promise<readonly { readonly name: string; readonly id: string }[]> {
    const { bucket: Bucket, prefix } = this.settings;
    try {
      const listed = await this.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: `${prefix}${of}` }));
      return (listed.Uploads ?? []).flatMap(({ Key = '', UploadId }) =>
        UploadId === undefined ? [] : [{ name: Key.slice(prefix.length), id: UploadId }],
      );
    } catch (error) {
      // Stores that cannot tell, or do not tell this key, clean up by a rule of the bucket.
      if ([403, 405, 501].includes(statusOf(error) ?? 0)) return [];
      throw faultOf(error);
    }
  }

  /** Deletes the parts of an upload that was begun. */
  private async giveUp(name: string, id: string): Promise<void> {
    await this.client.send(new AbortMultipartUploadCommand({ ...this.at(name), UploadId: id }));
  }

  private async upload(name: string, chunks: Chunks, signal: AbortSignal): Promise<Digest> {
    const hashing = new Hashing();
    const upload = new Upload({
      client: this.client,
      params: { ...this.at(name), Body: Readable.from(hashing.through(chunks), { objectMode: false }) },
      partSize: PART_SIZE,
      queueSize: PARTS_AT_ONCE,
      // It would tell of a store that refuses to delete them instead of why the upload failed.
      leavePartsOnError: true,
    });
    const abort = (): void => void upload.abort().catch(() => undefined);
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      await upload.done();
      return hashing.digest();
    } catch (error) {
      // Where that fails as well, the next backup does it.
      if (upload.uploadId !== undefined) await this.giveUp(name, upload.uploadId).catch(() => undefined);
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private async exists(name: string): Promise<boolean> {
    try {
      await this.client.send(new HeadObjectCommand(this.at(name)));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  private at(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.settings.bucket, Key: `${this.settings.prefix}${name}` };
  }
}

interface S3Fault {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const statusOf = (error: unknown): number | undefined => (error as S3Fault).$metadata?.httpStatusCode;

/** A bucket that is not there is a fault of the settings, not a missing file. */
const isMissing = (error: unknown): boolean =>
  (error as S3Fault).name !== 'NoSuchBucket' && (statusOf(error) === 404 || (error as S3Fault).name === 'NoSuchKey');

const BY_STATUS: Readonly<Record<number, BackupErrorCode>> = {
  401: 'backup_target_denied',
  403: 'backup_target_denied',
  405: 'backup_target_readonly',
  507: 'backup_disk_full',
};

/** What the store says, as a fault of ours; an error of the stream that was being stored goes through as it is. */
function faultOf(error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const code = BY_STATUS[statusOf(error) ?? 0];
  if (code) return new BackupError(code, (error as S3Fault).name, { cause: error });
  return toTargetError(error);
}
