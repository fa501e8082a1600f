/** What is put before a text, so that the model knows what it is. */
export interface Prefixes {
  readonly query: string;
  readonly passage: string;
}

const NONE: Prefixes = { query: '', passage: '' };

/** Wang et al., "Multilingual E5 Text Embeddings" (2024): without them retrieval suffers. */
const E5: Prefixes = { query: 'query: ', passage: 'passage: ' };

/** The prefixes of a model; `auto` decides by its name. */
export function prefixesOf(setting: 'auto' | 'none' | 'e5', modelName: string): Prefixes {
  const isE5 = setting === 'auto' ? /(^|[^a-z0-9])e5([^a-z0-9]|$)/i.test(modelName) : setting === 'e5';
  return isE5 ? E5 : NONE;
}

/** Prefixes change every vector, so a choice against the model's own is part of its id. */
export function prefixSuffix(setting: 'auto' | 'none' | 'e5', modelName: string): string {
  return prefixesOf(setting, modelName) === prefixesOf('auto', modelName) ? '' : `+${setting}`;
}
