/** What is wrong with a language model's server or its answer. */
export type ModelErrorCode =
  /** It does not answer, is overloaded, or failed. */
  | 'model_unavailable'
  /** It refuses the request: a wrong key, an unknown model. */
  | 'model_refused'
  /** Its answer is not what was asked for. */
  | 'model_nonsense';

/** A failure to get proposals. Its message holds neither a text nor the key nor the server's words. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  constructor(
    readonly code: ModelErrorCode,
    detail: string,
    /** Whether the model cannot have worked on it: there was no connection, or a refusal at once. */
    readonly isFree = false,
  ) {
    super(`LLM_URL: ${detail} (${code})`);
  }
}
