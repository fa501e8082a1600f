/** Why texts cannot be given vectors of another model now. */
export type ReembeddingErrorCode = 'embeddings_off' | 'reembedding_in_progress' | 'server_running';

const MESSAGES: Readonly<Record<ReembeddingErrorCode, string>> = {
  embeddings_off: 'no model is set that computes vectors: `npm run cli -- models fetch` brings one, or set EMBEDDINGS',
  server_running:
    'the server runs on this data folder, and does this by itself: set EMBEDDINGS and EMBEDDINGS_MODEL and restart it; searches go on meanwhile, and /health tells how far it has come',
  reembedding_in_progress: 'another process computes new vectors already; wait for it to end',
};

/** A refusal of `reembed`. */
export class ReembeddingError extends Error {
  override readonly name = 'ReembeddingError';
  constructor(readonly code: ReembeddingErrorCode) {
    super(`${MESSAGES[code]} (${code})`);
  }
}
