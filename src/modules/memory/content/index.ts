import { normaliseContent } from './content.js';
import { sanitiseForDisplay } from './display.js';
import { metadataProblem, type MetadataLimits } from './metadata.js';

export { contentHash, normaliseContent } from './content.js';
export { sanitiseForDisplay } from './display.js';

/** What is wrong with a text and what is noted beside it, by field; null when nothing is. */
export function contentProblem(
  content: string,
  metadata: Record<string, unknown> | undefined,
  limits: MetadataLimits,
): { readonly field: 'content' | 'metadata'; readonly message: string } | null {
  if (sanitiseForDisplay(normaliseContent(content)).trim() === '')
    return { field: 'content', message: 'content must hold something to read' };
  const problem = metadata === undefined ? null : metadataProblem(metadata, limits);
  return problem === null ? null : { field: 'metadata', message: `metadata ${problem}` };
}
