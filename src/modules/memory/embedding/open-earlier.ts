import { dirname, join, resolve } from 'node:path';
import { chooseEmbedding, modelFolder, type AppConfig } from '../../../platform/config/index.js';
import type { Embedder, EmbeddingModel } from './embedder.js';
import { LocalEmbedder } from './local-embedder.js';
import { OpenAiEmbedder } from './openai-embedder.js';

/** Name, checksum or dimensions, and prefixes that differ from the model's own: what the ids of models are made of. */
const ID = /^(?<name>.+)@(?<mark>[0-9a-f]+)(?:\+(?<prefixes>none|e5))?$/;

/**
 * The embedder of a model that was set before: for queries, while texts get vectors of the one that is set now. Only its
 * id is known any more. So a local one is looked for beside the present model and in the data folder, and a remote one is
 * asked for at the address of the present one.
 * @returns null when it cannot be found
 */
export async function openEarlier(
  { server, embedding }: Pick<AppConfig, 'server' | 'embedding'>,
  { id, dimensions }: EmbeddingModel,
): Promise<Embedder | null> {
  const { name, mark, prefixes = 'auto' } = ID.exec(id)?.groups ?? {};
  if (name === undefined || !isSetting(prefixes)) return null;
  for (const folder of foldersOf(name, { server, embedding })) {
    const embedder = await LocalEmbedder.open({ folder, prefixes, threads: embedding.threads }).catch(() => null);
    if (embedder?.model.id === id) return embedder;
    await embedder?.close();
  }
  const { provider, url } = embedding;
  if (provider !== 'openai' || url === undefined || mark !== String(dimensions)) return null;
  return new OpenAiEmbedder({ ...embedding, url, model: name, dimensions, prefixes });
}

function foldersOf(name: string, { server, embedding }: Pick<AppConfig, 'server' | 'embedding'>): string[] {
  const { provider, model } = chooseEmbedding(embedding, server.dataDir);
  const beside = provider === 'local' && model !== undefined ? [join(dirname(resolve(model)), name)] : [];
  const fetched = chooseEmbedding({ provider: 'local' }, server.dataDir).model;
  return [...beside, modelFolder(server.dataDir, name), ...(fetched === undefined ? [] : [fetched])];
}

const isSetting = (value: string): value is 'auto' | 'none' | 'e5' => ['auto', 'none', 'e5'].includes(value);
