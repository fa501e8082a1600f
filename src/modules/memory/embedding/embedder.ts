/** Names a vector space: vectors of different models must never be compared. */
export interface EmbeddingModel {
  /** Model and version, the same on every machine: `multilingual-e5-small@993226ea`. */
  readonly id: string;
  /** Length of each vector. */
  readonly dimensions: number;
}

/**
 * Turns texts into vectors of length 1 whose dot product is the similarity of the texts. Passages and queries are
 * different calls, because some models mark them differently, and because somebody waits for a query.
 */
export interface Embedder {
  readonly model: EmbeddingModel;
  /** Whether vectors come from this process, in milliseconds; those from elsewhere may take seconds. */
  readonly isLocal: boolean;

  /**
   * Vectors of texts to be found, in the order of the texts.
   * @throws EmbeddingError
   */
  embedPassages(texts: readonly string[]): Promise<Float32Array[]>;

  /**
   * Vector of a text to search with. Goes before passages that wait.
   * @throws EmbeddingError
   */
  embedQuery(text: string): Promise<Float32Array>;

  /** Frees what the embedder holds. Calls that wait fail with `embedder_closed`. */
  close(): Promise<void>;
}
