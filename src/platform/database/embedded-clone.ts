import { extname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { DatabaseSetupError } from './database.errors.js';
import type { CloneReply, CloneRequest, CloneSetup } from './embedded-clone.worker.js';
import { ProtocolStream, type Engine } from './protocol-stream.js';

/** The built file, or in tests the source beside this one. */
const WORKER = join(import.meta.dirname, `embedded-clone.worker${extname(import.meta.filename)}`);

interface Waiting {
  readonly resolve: (reply: CloneReply) => void;
  readonly reject: (error: Error) => void;
}

/** A copy of an embedded database, opened in a thread of its own. Nobody else may use its folder meanwhile. */
export class EmbeddedClone implements Engine {
  private readonly waiting: Waiting[] = [];
  private readonly ended: Promise<void>;
  private isEnded = false;

  private constructor(private readonly worker: Worker) {
    worker.on('message', (reply: CloneReply) => this.waiting.shift()?.resolve(reply));
    worker.on('error', () => undefined); // its end is told to all who wait
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.isEnded = true;
        for (const { reject } of this.waiting.splice(0)) reject(new DatabaseSetupError('the clone has ended'));
        resolve();
      });
    });
  }

  /** @throws DatabaseSetupError when the files are no database that this engine can open */
  static async open(folder: string): Promise<EmbeddedClone> {
    const setup: CloneSetup = { folder };
    // Neither this process's preloads nor its secrets are the clone's business.
    const clone = new EmbeddedClone(new Worker(WORKER, { workerData: setup, execArgv: [], env: {} }));
    try {
      await clone.reply();
      return clone;
    } catch (error) {
      await clone.worker.terminate();
      throw new DatabaseSetupError(`The copy of the database cannot be opened: ${(error as Error).message}`);
    }
  }

  connect(): Duplex {
    return new ProtocolStream({
      reset: () => this.ask({ reset: true }),
      exchange: async (message) => {
        const reply = await this.ask({ message: Uint8Array.from(message) });
        return 'answer' in reply ? reply.answer : new Uint8Array();
      },
    });
  }

  /** Shuts the copy down in order, so that its files need no recovery. */
  async close(): Promise<void> {
    await this.ask({ close: true }).catch(() => undefined);
    await Promise.race([this.ended, this.worker.terminate()]);
  }

  private ask(request: CloneRequest): Promise<CloneReply> {
    const reply = this.reply();
    this.worker.postMessage(request);
    return reply;
  }

  private async reply(): Promise<CloneReply> {
    if (this.isEnded) throw new DatabaseSetupError('the clone has ended');
    const reply = await new Promise<CloneReply>((resolve, reject) => this.waiting.push({ resolve, reject }));
    if ('failed' in reply) throw new DatabaseSetupError(reply.failed);
    return reply;
  }
}
