/** What is wrong with an embedder. */
export type EmbeddingErrorCode =
  /** The folder of the model, or a file in it, is not there. */
  | 'model_missing'
  /** A file of the model cannot be read as what it should be: broken JSON, half a file. */
  | 'model_damaged'
  /** The model loads, but is none that turns texts into one vector each. */
  | 'model_unfit'
  /** The vectors have other dimensions than the settings say. */
  | 'dimension_mismatch'
  /** The provider does not answer, is overloaded, or failed: worth another try later. */
  | 'provider_unavailable'
  /** The provider refuses the request: a wrong key, an unknown model, a text too long. */
  | 'provider_refused'
  /** The provider answers something else than embeddings. */
  | 'provider_nonsense'
  /** The embedder's own thread ended; the next call starts another. */
  | 'worker_ended'
  /** The embedder was closed. */
  | 'embedder_closed';

const RETRYABLE: ReadonlySet<EmbeddingErrorCode> = new Set([
  'provider_unavailable',
  'provider_nonsense',
  'worker_ended',
  'embedder_closed',
]);

/** A failure to embed, or to be able to. Its message holds neither a text nor a key, so it may be logged. */
export class EmbeddingError extends Error {
  override readonly name = 'EmbeddingError';
  /** The environment variable to look at. */
  readonly setting: string | undefined;
  /** Seconds after which the provider wants to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: EmbeddingErrorCode,
    detail: string,
    more: { setting?: string | undefined; retryAfter?: number | undefined } = {},
  ) {
    super(more.setting === undefined ? detail : `${more.setting}: ${detail}`);
    this.setting = more.setting;
    this.retryAfter = more.retryAfter;
  }

  /** Whether the same call may succeed later without anybody changing a setting. */
  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}
