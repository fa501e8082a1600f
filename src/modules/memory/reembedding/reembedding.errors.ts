import { SEMANTIC_SEARCH_OFF } from '../embedding/index.js';

/** Why texts cannot be given vectors of another model now. */
export type ReembeddingErrorCode = 'embeddings_off' | 'reembedding_in_progress';

const MESSAGES: Readonly<Record<ReembeddingErrorCode, string>> = {
  embeddings_off: `no model is set: ${SEMANTIC_SEARCH_OFF}`,
  reembedding_in_progress: 'another process computes new vectors already; wait for it to end',
};

/** A refusal of `reembed`. */
export class ReembeddingError extends Error {
  override readonly name = 'ReembeddingError';
  constructor(readonly code: ReembeddingErrorCode) {
    super(`${MESSAGES[code]} (${code})`);
  }
}
