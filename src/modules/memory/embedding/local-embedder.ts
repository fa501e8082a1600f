import { availableParallelism } from 'node:os';
import { planBatches } from './batches.js';
import type { Embedder, EmbeddingModel } from './embedder.js';
import { EmbeddingError } from './embedding.errors.js';
import { readModelFolder, type ModelFolder } from './model-folder.js';
import { ModelThread } from './model-thread.js';
import { prefixesOf, prefixSuffix, type Prefixes } from './prefixes.js';
import { normalise } from './vector.js';

export interface LocalSettings {
  readonly folder: string;
  readonly prefixes: 'auto' | 'none' | 'e5';
  /** Dimensions the vectors must have. Default: those of the model. */
  readonly dimensions?: number | undefined;
  /** Threads of one run. Default: half the cores, the other half is for those who ask. */
  readonly threads?: number | undefined;
}

interface Job {
  readonly texts: readonly string[];
  readonly resolve: (vectors: Float32Array[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A model in this process, in a thread of its own, so that nobody waits for it but who asked. */
export class LocalEmbedder implements Embedder {
  readonly model: EmbeddingModel;
  readonly isLocal = true;
  private readonly prefixes: Prefixes;
  private readonly queries: Job[] = [];
  private readonly passages: Job[] = [];
  private thread: Promise<ModelThread> | undefined;
  private isRunning = false;
  private isClosed = false;

  private constructor(
    private readonly folder: ModelFolder,
    private readonly threads: number,
    setting: LocalSettings['prefixes'],
  ) {
    const { name, sha256, dimensions } = folder;
    this.prefixes = prefixesOf(setting, name);
    this.model = { id: `${name}@${sha256.slice(0, 8)}${prefixSuffix(setting, name)}`, dimensions };
  }

  /**
   * Checks the files of a model. The model itself is loaded by `load()`, or when it is first needed.
   * @throws EmbeddingError `model_missing`, `model_damaged`, `model_unfit` or `dimension_mismatch`
   */
  static async open({ folder, prefixes, dimensions, threads }: LocalSettings): Promise<LocalEmbedder> {
    const files = await readModelFolder(folder);
    if (dimensions !== undefined && dimensions !== files.dimensions) {
      const detail = `is ${String(dimensions)}, but the model in ${files.path} has ${String(files.dimensions)}`;
      throw new EmbeddingError('dimension_mismatch', detail, { setting: 'EMBEDDINGS_DIMENSIONS' });
    }
    return new LocalEmbedder(files, threads ?? Math.max(1, Math.floor(availableParallelism() / 2)), prefixes);
  }

  /**
   * Loads the model and tries it once, so that whatever is wrong with it is known.
   * @throws EmbeddingError `model_damaged` or `model_unfit`
   */
  async load(): Promise<void> {
    await this.embedQuery('ready');
  }

  async embedPassages(texts: readonly string[]): Promise<Float32Array[]> {
    const marked = texts.map((text) => this.prefixes.passage + text);
    const vectors = new Array<Float32Array>(texts.length);
    const runs = planBatches(marked).map(async (batch) => {
      const found = await this.enqueue(
        this.passages,
        batch.map((at) => marked[at] ?? ''),
      );
      batch.forEach((at, i) => (vectors[at] = found[i] ?? new Float32Array()));
    });
    await Promise.all(runs);
    return vectors;
  }

  async embedQuery(text: string): Promise<Float32Array> {
    const [vector] = await this.enqueue(this.queries, [this.prefixes.query + text]);
    return vector ?? new Float32Array();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const { reject } of [...this.queries.splice(0), ...this.passages.splice(0)]) reject(closed());
    // A thread that never started has nothing to free.
    const thread = await this.thread?.catch(() => undefined);
    if (thread && !thread.hasEnded) await thread.close();
  }

  private enqueue(queue: Job[], texts: readonly string[]): Promise<Float32Array[]> {
    if (this.isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      queue.push({ texts, resolve, reject });
      void this.work();
    });
  }

  /** One run after the other, queries first. Never throws: whoever asked gets the error. */
  private async work(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    for (let job = this.next(); job; job = this.next()) {
      try {
        job.resolve(this.split(await (await this.started()).run(job.texts)));
      } catch (error) {
        job.reject(error);
      }
    }
    this.isRunning = false;
  }

  private next(): Job | undefined {
    return this.queries.shift() ?? this.passages.shift();
  }

  /** The thread, or another one when it has ended. A model that cannot be loaded is not tried again. */
  private async started(): Promise<ModelThread> {
    if ((await this.thread)?.hasEnded) this.thread = undefined;
    this.thread ??= ModelThread.start({ folder: this.folder, threads: this.threads });
    this.thread.catch((error: unknown) => {
      if (error instanceof EmbeddingError && error.isRetryable) this.thread = undefined;
    });
    return this.thread;
  }

  private split(numbers: Float32Array): Float32Array[] {
    const { dimensions } = this.model;
    return Array.from({ length: numbers.length / dimensions }, (_, at) => {
      const vector = numbers.slice(at * dimensions, (at + 1) * dimensions);
      if (normalise(vector)) return vector;
      throw new EmbeddingError('model_unfit', 'the model gives no finite vector', { setting: 'EMBEDDINGS_MODEL' });
    });
  }
}

const closed = (): EmbeddingError => new EmbeddingError('embedder_closed', 'the embedder is closed');
