import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { EmbeddingError } from './embedding.errors.js';
import type { WorkerReply, WorkerRequest, WorkerSetup } from './local.worker.js';

/** The built file, or in tests the source beside this one. */
const WORKER = join(import.meta.dirname, `local.worker${extname(import.meta.filename)}`);

interface Waiting {
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: EmbeddingError) => void;
}

/** A thread that holds a loaded model. One request at a time. An idle thread does not keep the process alive. */
export class ModelThread {
  private waiting: Waiting | undefined;
  private readonly ended: Promise<void>;
  private lastError = '';
  private isEnded = false;

  private constructor(private readonly worker: Worker) {
    worker.on('message', (reply: WorkerReply) => {
      this.settle(({ resolve }) => {
        resolve(reply);
      });
    });
    worker.on('error', (error: unknown) => {
      this.lastError = error instanceof Error ? `: ${error.name}` : '';
    });
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.isEnded = true;
        this.settle(({ reject }) => {
          reject(new EmbeddingError('worker_ended', `the thread of the model ended${this.lastError}`));
        });
        resolve();
      });
    });
  }

  /**
   * Loads a model.
   * @throws EmbeddingError `model_damaged` or `model_unfit`
   */
  static async start(setup: WorkerSetup): Promise<ModelThread> {
    // Neither this process's preloads nor its secrets are the model's business.
    const thread = new ModelThread(new Worker(WORKER, { workerData: setup, execArgv: [], env: {} }));
    const reply = await thread.reply();
    if ('failed' in reply) throw failureOf(reply);
    return thread;
  }

  /** Whether the thread has ended, for whatever reason, so that another has to be started. */
  get hasEnded(): boolean {
    return this.isEnded;
  }

  /**
   * Computes the vectors of a few texts, one after the other in one array, not normalised.
   * @throws EmbeddingError
   */
  async run(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>> {
    const reply = this.reply();
    this.post({ texts });
    const answer = await reply;
    if ('vectors' in answer) return answer.vectors;
    throw 'failed' in answer ? failureOf(answer) : new EmbeddingError('worker_ended', 'the thread answers nonsense');
  }

  /** Frees the model, after the request that runs. */
  async close(): Promise<void> {
    this.post({ close: true });
    this.worker.ref();
    await this.ended;
  }

  private post(request: WorkerRequest): void {
    this.worker.postMessage(request);
  }

  private reply(): Promise<WorkerReply> {
    if (this.isEnded) return Promise.reject(new EmbeddingError('worker_ended', 'the thread of the model has ended'));
    this.worker.ref();
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  private settle(how: (waiting: Waiting) => void): void {
    const { waiting } = this;
    this.waiting = undefined;
    this.worker.unref();
    if (waiting) how(waiting);
  }
}

function failureOf({ failed, detail }: Extract<WorkerReply, { failed: unknown }>): EmbeddingError {
  return new EmbeddingError(failed, detail, { setting: 'EMBEDDINGS_MODEL' });
}
