import type { Embedder } from './embedder.js';
import { EmbeddingError, type EmbeddingErrorCode } from './embedding.errors.js';

/** Every provider takes this: when it is refused as well, the provider is at fault, and no text. */
const PROBE = 'hello';

/**
 * Makes sure that the provider gives vectors of the model, and as long ones as it should.
 * @throws EmbeddingError
 */
export async function probe(embedder: Embedder): Promise<void> {
  await embedder.embedPassages([PROBE]);
}

const OF_A_TEXT: ReadonlySet<EmbeddingErrorCode> = new Set(['provider_refused', 'provider_nonsense']);

/**
 * Vectors of texts, and null for a text that the provider refuses, found by halving: one bad text must not hold up the
 * others.
 * @param isPatient whether a failure of the provider may lie in a text too, as after many attempts: some answer 500 to one
 * @throws EmbeddingError when the provider is at fault
 */
export async function embedEach(
  embedder: Embedder,
  texts: readonly string[],
  { isPatient }: { isPatient: boolean },
): Promise<(Float32Array | null)[]> {
  try {
    return await embedder.embedPassages(texts);
  } catch (error) {
    if (!mayLieInText(error, isPatient)) throw error;
    if (texts.length <= 1) {
      await probe(embedder);
      return [null];
    }
    const middle = texts.length >> 1;
    const first = await embedEach(embedder, texts.slice(0, middle), { isPatient });
    return [...first, ...(await embedEach(embedder, texts.slice(middle), { isPatient }))];
  }
}

const mayLieInText = (error: unknown, isPatient: boolean): boolean =>
  error instanceof EmbeddingError &&
  (OF_A_TEXT.has(error.code) || (isPatient && error.code === 'provider_unavailable'));
