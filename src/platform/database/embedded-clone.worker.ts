/**
 * The thread in which a copy of an embedded database runs: it has a heap of its own, which ends with it, and blocks
 * nobody. Node runs this file as it is, from the sources too, so it imports nothing of the project.
 */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { unaccent } from '@electric-sql/pglite/contrib/unaccent';
import { vector } from '@electric-sql/pglite-pgvector';

/** What the thread is started with. */
export interface CloneSetup {
  /** Folder of the copy. */
  readonly folder: string;
}

/** `message`: bytes of the wire protocol; `reset`: drop what the session holds; `close`: shut down in order. */
export type CloneRequest = { readonly message: Uint8Array } | { readonly reset: true } | { readonly close: true };

/** One reply to the start, and one to each request, in their order. */
export type CloneReply = { readonly answer: Uint8Array } | { readonly done: true } | { readonly failed: string };

async function serve(port: MessagePort, { folder }: CloneSetup): Promise<void> {
  const engine = await PGlite.create({ dataDir: folder, extensions: { vector, pg_trgm, unaccent, btree_gist } });
  const handle = async (request: CloneRequest): Promise<CloneReply> => {
    if ('message' in request) return { answer: await engine.execProtocolRaw(request.message) };
    if ('close' in request) {
      await engine.close();
      return { done: true };
    }
    await engine.exec('ROLLBACK');
    await engine.exec('DISCARD ALL');
    return { done: true };
  };
  let last: Promise<unknown> = Promise.resolve();
  port.on('message', (request: CloneRequest) => {
    last = last.then(async () => {
      port.postMessage(await handle(request).catch((error: unknown) => ({ failed: String(error) })));
      if ('close' in request) port.close();
    });
  });
  port.postMessage({ done: true });
}

if (parentPort) {
  const port = parentPort;
  serve(port, workerData as CloneSetup).catch((error: unknown) => {
    port.postMessage({ failed: String(error) });
    port.close();
  });
}
