import { on } from 'node:events';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BackupError } from '../backup.errors.js';
import { refuseInvalid } from './archive.js';
import type { SealingOrder, SealingReply, SealingRequest } from './sealing.worker.js';

/** The built file, or in tests the source beside this one. */
const WORKER = join(import.meta.dirname, `sealing.worker${extname(import.meta.filename)}`);

/**
 * What a program writes, sealed in a thread of its own.
 * @param failed the error of a program that did not end with 0, of its exit code and what it said
 * @param signal ends the program
 * @throws BackupError `backup_recipient_invalid`, `backup_client_missing`, or what `failed` makes of it
 */
export async function* sealedOutput(
  order: SealingOrder,
  failed: (code: number | null, said: string) => BackupError,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  refuseInvalid(order.recipients);
  // Neither this process's preloads nor its secrets are the thread's business.
  const worker = new Worker(WORKER, { workerData: order, execArgv: [], env: {} });
  const tell = (request: SealingRequest): void => {
    worker.postMessage(request);
  };
  const stop = (): void => {
    tell('stop');
  };
  const messages = on(worker, 'message', { close: ['exit'] }) as AsyncIterable<[SealingReply]>;
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for await (const [reply] of messages) {
      if ('failed' in reply) {
        throw reply.isMissing ? new BackupError('backup_client_missing', reply.failed) : failed(null, reply.failed);
      }
      if ('chunk' in reply) {
        yield reply.chunk;
        tell('more');
        continue;
      }
      // What it was ended for says more than how it ended.
      const reason: unknown = signal.aborted ? signal.reason : undefined;
      if (reply.code !== 0) throw reason instanceof BackupError ? reason : failed(reply.code, reply.said);
      return;
    }
    throw new BackupError('backup_failed', 'the thread has ended');
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
