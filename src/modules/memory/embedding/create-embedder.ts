import { chooseEmbedding, modelFolder, type AppConfig } from '../../../platform/config/index.js';
import type { Embedder } from './embedder.js';
import { LocalEmbedder } from './local-embedder.js';
import { OpenAiEmbedder } from './openai-embedder.js';

/** Name of the folder of the model that `models fetch` brings. */
export const DEFAULT_MODEL = 'multilingual-e5-small';

/** What is said when nothing turns texts into vectors. */
export const SEMANTIC_SEARCH_OFF =
  'semantic search is off: memories are found by their words only. `npm run cli -- models fetch` turns it on, or EMBEDDINGS';

/**
 * The embedder that the settings ask for; null with `EMBEDDINGS=none`, which is the default.
 * @param lazy leave a local model unloaded until it is needed, as a command does that may not need it
 * @throws EmbeddingError when a local model cannot be used; a provider that does not answer is no reason
 */
export async function createEmbedder(
  { server, embedding }: Pick<AppConfig, 'server' | 'embedding'>,
  logger: { info(fields: object | string, message?: string): void },
  { lazy = false }: { lazy?: boolean } = {},
): Promise<Embedder | null> {
  const { provider, model } = chooseEmbedding(embedding, server.dataDir);
  const embedder =
    provider === 'none'
      ? null
      : provider === 'openai'
        ? new OpenAiEmbedder({
            ...embedding,
            url: embedding.url ?? '',
            model: model ?? '',
            dimensions: embedding.dimensions ?? 0,
          })
        : await LocalEmbedder.open({ ...embedding, folder: model ?? modelFolder(server.dataDir, DEFAULT_MODEL) });
  if (embedder instanceof LocalEmbedder && !lazy) await embedder.load();
  if (embedder) logger.info({ provider, ...embedder.model }, 'semantic search is on');
  else logger.info(SEMANTIC_SEARCH_OFF);
  return embedder;
}
