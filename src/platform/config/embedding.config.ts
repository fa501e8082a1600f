import { EnvBoolean, EnvChoice, EnvInteger, EnvSecret, EnvText, EnvUrl } from './env.decorators.js';

export const EMBEDDING_PROVIDERS = ['none', 'local', 'openai'] as const;
export type EmbeddingProvider = (typeof EMBEDDING_PROVIDERS)[number];

/** Most dimensions a vector may have: what the database can index as `halfvec` (pgvector). */
export const MAX_DIMENSIONS = 4000;

/** Semantic search: which model turns texts into vectors. Everything else works without one. */
export class EmbeddingConfig {
  @EnvChoice('EMBEDDINGS', {
    description:
      'Semantic search: off, by a model in this process, or by a server that speaks the OpenAI protocol. Default: `none`, or `local` once `models fetch` has brought the model.',
    optional: true,
    choices: EMBEDDING_PROVIDERS,
  })
  provider?: EmbeddingProvider;

  @EnvText('EMBEDDINGS_MODEL', {
    description:
      'With `local` the folder of the model (layout of transformers.js; default: the one that `models fetch` brought), with `openai` its name.',
    optional: true,
    example: './data/models/multilingual-e5-small',
  })
  model?: string;

  @EnvInteger('EMBEDDINGS_DIMENSIONS', {
    description: 'Dimensions of a vector. Required with `openai`; with `local` the model tells.',
    optional: true,
    min: 1,
    max: MAX_DIMENSIONS,
  })
  dimensions?: number;

  @EnvBoolean('EMBEDDINGS_SEND_DIMENSIONS', {
    description: 'Ask the server for vectors of that many dimensions, for models that can shorten theirs.',
  })
  sendDimensions = false;

  @EnvChoice('EMBEDDINGS_PREFIXES', {
    description:
      'Words put before a text: `e5` writes `query: ` and `passage: `, as models of the e5 family need; `auto` does so when the name of the model has `e5` in it.',
    choices: ['auto', 'none', 'e5'],
  })
  prefixes: 'auto' | 'none' | 'e5' = 'auto';

  @EnvInteger('EMBEDDINGS_THREADS', {
    description: 'Threads of one computation with `local`. Default: half the cores.',
    optional: true,
    min: 1,
    max: 64,
  })
  threads?: number;

  @EnvUrl('EMBEDDINGS_URL', {
    description: 'Address of the server for `openai`; `/embeddings` is added. All texts to be found are sent there.',
    optional: true,
    protocols: ['http:', 'https:'],
    example: 'http://127.0.0.1:11434/v1',
  })
  url?: string;

  @EnvSecret('EMBEDDINGS_API_KEY', { description: 'Key for that server.', optional: true })
  apiKey?: string;

  @EnvInteger('EMBEDDINGS_TIMEOUT', {
    description: 'Longest wait for one answer of that server.',
    unit: 'milliseconds',
    min: 100,
    max: 120_000,
  })
  timeout = 10_000;

  @EnvInteger('EMBEDDINGS_BATCH', {
    description: 'Texts in one request to that server.',
    min: 1,
    max: 2048,
  })
  batch = 32;

  /**
   * The default is a public repository of the same layout. It shows where such a folder lies; the 4-bit weights that are
   * pinned here are published by whoever operates this project, and only those pass the checksum.
   */
  @EnvUrl('EMBEDDINGS_FETCH_URL', {
    description:
      'Folder from which `models fetch` takes multilingual-e5-small. Only the pinned files pass the checksum: name the place where their operator publishes them.',
    protocols: ['http:', 'https:'],
  })
  fetchUrl = 'https://huggingface.co/Xenova/multilingual-e5-small/resolve/main';

  /** What `openai` lacks, or has that it must not: pairs of variable and message. */
  problems(): [variable: string, message: string][] {
    if (this.provider !== 'openai') return [];
    const found: [string, string][] = [];
    if (!this.url) found.push(['EMBEDDINGS_URL', 'is required with EMBEDDINGS=openai']);
    else if (hasCredentials(this.url)) found.push(['EMBEDDINGS_URL', 'must hold no password: use EMBEDDINGS_API_KEY']);
    if (!this.model) found.push(['EMBEDDINGS_MODEL', 'is required with EMBEDDINGS=openai: the name of the model']);
    if (!this.dimensions) {
      found.push(['EMBEDDINGS_DIMENSIONS', 'is required with EMBEDDINGS=openai, so that the start needs no answer']);
    }
    return found;
  }
}

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}
