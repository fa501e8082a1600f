/**
 * The thread in which a local model computes: a run of ONNX Runtime blocks the thread that calls it, and so does the
 * tokenizer. Node runs this file as it is, from the sources too, so it imports nothing of the project but types.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { Tokenizer } from '@huggingface/tokenizers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { EmbeddingErrorCode } from './embedding.errors.js';
import type { ModelFolder } from './model-folder.js';

/** What the thread is started with. */
export interface WorkerSetup {
  readonly folder: ModelFolder;
  /** Threads of one run. */
  readonly threads: number;
}

/** Asks for the vectors of a few texts; `close` frees the model and ends the thread. */
export type WorkerRequest = { readonly texts: readonly string[] } | { readonly close: true };

/** One reply to the start and one to each request with texts, in order. */
export type WorkerReply =
  | { readonly ready: true }
  /** Not normalised yet: `texts.length` times `dimensions` numbers, one text after the other. */
  | { readonly vectors: Float32Array<ArrayBuffer> }
  | { readonly failed: EmbeddingErrorCode; readonly detail: string };

/** Characters of a text that are looked at, for each token it may have: more only costs time, they would be cut off. */
const CHARACTERS_PER_TOKEN = 32;

const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'];
const OUTPUT = 'last_hidden_state';

class Failure extends Error {
  readonly code: EmbeddingErrorCode;
  constructor(code: EmbeddingErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

class LocalModel {
  private readonly folder: ModelFolder;
  private readonly tokenizer: Tokenizer;
  private readonly session: InferenceSession;
  private readonly output: string;
  /** The token that ends every text, which cutting a text must leave. */
  private readonly end: number | undefined;

  private constructor(folder: ModelFolder, tokenizer: Tokenizer, session: InferenceSession) {
    this.folder = folder;
    this.tokenizer = tokenizer;
    this.session = session;
    this.output = outputOf(session, folder.dimensions);
    const specials = tokenizer.encode('').ids;
    this.end = specials.length > 1 ? specials.at(-1) : undefined;
  }

  static async load({ folder, threads }: WorkerSetup): Promise<LocalModel> {
    const tokenizer = loadTokenizer(folder.path);
    const session = await InferenceSession.create(folder.weights, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
      // Threads that spin while they wait for work take the cores from everybody else.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    }).catch((error: unknown) => {
      throw new Failure('model_damaged', `${folder.weights} cannot be loaded: ${firstLine(error)}`);
    });
    const foreign = session.inputNames.filter((name) => !INPUTS.includes(name));
    if (foreign.length > 0 || !session.inputNames.includes('input_ids')) {
      throw new Failure('model_unfit', `${folder.weights} takes ${session.inputNames.join(', ')}, not tokens alone`);
    }
    return new LocalModel(folder, tokenizer, session);
  }

  /** Vectors by mean pooling over each text's own tokens (Reimers & Gurevych, Sentence-BERT, 2019). */
  async embed(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>> {
    const rows = texts.map((text) => this.tokens(text));
    const length = Math.max(1, ...rows.map((row) => row.length));
    const ids = new BigInt64Array(rows.length * length).fill(BigInt(this.folder.padToken));
    const mask = new BigInt64Array(ids.length);
    rows.forEach((row, at) => {
      ids.set(row.map(BigInt), at * length);
      mask.fill(1n, at * length, at * length + row.length);
    });
    const inputs = { input_ids: ids, attention_mask: mask, token_type_ids: new BigInt64Array(ids.length) };
    const feeds = Object.fromEntries(
      Object.entries(inputs)
        .filter(([name]) => this.session.inputNames.includes(name))
        .map(([name, data]) => [name, new Tensor('int64', data, [rows.length, length])]),
    );
    const states = (await this.session.run(feeds, [this.output]))[this.output];
    const { dimensions } = this.folder;
    if (!(states?.data instanceof Float32Array) || states.data.length !== ids.length * dimensions) {
      throw new Failure('model_unfit', `${this.folder.weights} gives no ${String(dimensions)} numbers a token`);
    }
    return sumsOf(states.data, rows, length, dimensions);
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  private tokens(text: string): number[] {
    const { maxTokens } = this.folder;
    const { ids } = this.tokenizer.encode(text.slice(0, maxTokens * CHARACTERS_PER_TOKEN).toWellFormed());
    if (ids.length <= maxTokens) return ids;
    return this.end === undefined ? ids.slice(0, maxTokens) : [...ids.slice(0, maxTokens - 1), this.end];
  }
}

/** The mean up to a factor, which the length of the vector is divided by anyway: the sum over a text's tokens. */
function sumsOf(
  states: Float32Array,
  rows: readonly (readonly number[])[],
  length: number,
  dimensions: number,
): Float32Array<ArrayBuffer> {
  const sums = new Float32Array(rows.length * dimensions);
  rows.forEach((row, at) => {
    const sum = sums.subarray(at * dimensions, (at + 1) * dimensions);
    for (let token = 0; token < row.length; token += 1) {
      const start = (at * length + token) * dimensions;
      for (let i = 0; i < dimensions; i += 1) sum[i] = (sum[i] ?? 0) + (states[start + i] ?? 0);
    }
  });
  return sums;
}

function loadTokenizer(folder: string): Tokenizer {
  const [tokenizer, config] = ['tokenizer.json', 'tokenizer_config.json'].map((name) => {
    try {
      return JSON.parse(readFileSync(join(folder, name), 'utf8')) as object;
    } catch (error) {
      throw new Failure('model_damaged', `${join(folder, name)} cannot be read: ${firstLine(error)}`);
    }
  });
  try {
    return new Tokenizer(tokenizer ?? {}, config ?? {});
  } catch (error) {
    throw new Failure('model_damaged', `${join(folder, 'tokenizer.json')} is no tokenizer: ${firstLine(error)}`);
  }
}

function outputOf(session: InferenceSession, dimensions: number): string {
  const found =
    session.outputMetadata.find(({ name }) => name === OUTPUT) ??
    session.outputMetadata.find((output) => output.isTensor && output.shape.length === 3);
  if (!found?.isTensor || found.shape.length !== 3) {
    throw new Failure('model_unfit', 'the model gives no vector for each token');
  }
  const width = found.shape[2];
  if (typeof width === 'number' && width !== dimensions) {
    throw new Failure(
      'model_unfit',
      `the model gives ${String(width)} dimensions, its config.json says ${String(dimensions)}`,
    );
  }
  return found.name;
}

/** Of an error of a library: what it says first. The rest may be long, and none of it is a member's text. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]?.slice(0, 200) ?? '';
}

function failureOf(error: unknown): WorkerReply {
  if (error instanceof Failure) return { failed: error.code, detail: error.message };
  return { failed: 'model_unfit', detail: `the model failed: ${firstLine(error)}` };
}

async function serve(port: MessagePort, setup: WorkerSetup): Promise<void> {
  const reply = (message: WorkerReply, transfer: ArrayBuffer[] = []): void => {
    port.postMessage(message, transfer);
  };
  let model: LocalModel;
  try {
    model = await LocalModel.load(setup);
  } catch (error) {
    reply(failureOf(error));
    return;
  }
  port.on('message', (request: WorkerRequest) => {
    if ('close' in request) {
      void model.close().finally(() => {
        port.close();
      });
      return;
    }
    model.embed(request.texts).then(
      (vectors) => {
        reply({ vectors }, [vectors.buffer]);
      },
      (error: unknown) => {
        reply(failureOf(error));
      },
    );
  });
  reply({ ready: true });
}

if (parentPort) await serve(parentPort, workerData as WorkerSetup);
