/** Why texts cannot be given vectors of another model now. */
export type ReembeddingErrorCode = 'embeddings_off' | 'reembedding_in_progress';

const MESSAGES: Readonly<Record<ReembeddingErrorCode, string>> = {
  embeddings_off: 'no model is set that computes vectors: `npm run cli -- models fetch` brings one, or set EMBEDDINGS',
  reembedding_in_progress: 'another process computes new vectors already; wait for it to end',
};

/** A refusal of `reembed`. */
export class ReembeddingError extends Error {
  override readonly name = 'ReembeddingError';
  constructor(readonly code: ReembeddingErrorCode) {
    super(`${MESSAGES[code]} (${code})`);
  }
}
