export { createEmbedder, DEFAULT_MODEL, SEMANTIC_SEARCH_OFF } from './create-embedder.js';
export { embedEach, probe } from './embed-each.js';
export type { Embedder, EmbeddingModel } from './embedder.js';
export { EmbeddingError, type EmbeddingErrorCode } from './embedding.errors.js';
export { LocalEmbedder, type LocalSettings } from './local-embedder.js';
export { openEarlier } from './open-earlier.js';
export { OpenAiEmbedder, type OpenAiSettings } from './openai-embedder.js';
export { dot, normalise } from './vector.js';

/** Injection token of the embedder; null where semantic search is off. */
export const EMBEDDER = Symbol('Embedder');
