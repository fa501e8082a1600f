import type { Embedder, EmbeddingModel } from './embedder.js';
import { EmbeddingError } from './embedding.errors.js';
import { requestEmbeddings, type Endpoint } from './openai-request.js';
import { prefixesOf, prefixSuffix, type Prefixes } from './prefixes.js';
import { withRetries, type Patience } from './retry.js';

export interface OpenAiSettings {
  /** Address of the API; `/embeddings` is added. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly model: string;
  readonly dimensions: number;
  /** Whether the server is asked for that many dimensions. */
  readonly sendDimensions: boolean;
  readonly prefixes: 'auto' | 'none' | 'e5';
  /** Texts in one request. */
  readonly batch: number;
  /** Longest wait for one answer, in milliseconds. */
  readonly timeout: number;
  /** Default: four calls for passages, which a job embeds. */
  readonly passagePatience?: Patience;
  /** Default: two calls for a query, because a search goes on without it. */
  readonly queryPatience?: Patience;
}

const PASSAGES: Patience = { attempts: 4, firstDelay: 500, maxDelay: 30_000 };
const QUERY: Patience = { attempts: 2, firstDelay: 100, maxDelay: 500 };

/** A server that speaks the embeddings call of the OpenAI API: OpenAI, Ollama, vLLM, llama.cpp and many more. */
export class OpenAiEmbedder implements Embedder {
  readonly model: EmbeddingModel;
  readonly isLocal = false;
  private readonly endpoint: Endpoint;
  private readonly prefixes: Prefixes;
  private readonly closing = new AbortController();

  constructor(private readonly settings: OpenAiSettings) {
    const { url, model, dimensions, prefixes } = settings;
    // Not the address: the same model may move to another server.
    this.model = { id: `${model}@${String(dimensions)}${prefixSuffix(prefixes, model)}`, dimensions };
    this.prefixes = prefixesOf(prefixes, model);
    this.endpoint = { ...settings, url: `${url.replace(/\/+$/, '')}/embeddings`, signal: this.closing.signal };
  }

  async embedPassages(texts: readonly string[]): Promise<Float32Array[]> {
    const { batch, passagePatience = PASSAGES } = this.settings;
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += batch) {
      const part = texts.slice(start, start + batch).map((text) => this.prefixes.passage + text);
      vectors.push(...(await this.request(part, passagePatience)));
    }
    return vectors;
  }

  async embedQuery(text: string): Promise<Float32Array> {
    const [vector] = await this.request([this.prefixes.query + text], this.settings.queryPatience ?? QUERY);
    return vector ?? new Float32Array();
  }

  close(): Promise<void> {
    this.closing.abort();
    return Promise.resolve();
  }

  private async request(texts: readonly string[], patience: Patience): Promise<Float32Array[]> {
    const { signal } = this.closing;
    try {
      signal.throwIfAborted();
      return await withRetries(patience, signal, () => requestEmbeddings(this.endpoint, texts));
    } catch (error) {
      if (signal.aborted) throw new EmbeddingError('embedder_closed', 'the embedder is closed');
      throw error;
    }
  }
}
