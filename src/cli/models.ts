import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { DEFAULT_MODEL, EmbeddingError, LocalEmbedder } from '../modules/memory/embedding/index.js';
import { loadConfig, modelFolder, writeEmbeddingChoice, type AppConfig } from '../platform/config/index.js';
import { ModelFetchError } from './models-errors.js';
import { fetchModel } from './models-fetch.js';
import { E5_SMALL, type PinnedFile } from './models-files.js';
import { progressOn, type Progress } from './models-progress.js';

interface Options {
  readonly from?: string;
  readonly into?: string;
}

/** `models fetch` */
export function addModels(program: Command): void {
  program
    .command('models')
    .description('models of semantic search')
    .command('fetch')
    .description(`fetch ${DEFAULT_MODEL} (85 MB) into the data folder, check it, and switch semantic search on`)
    .option('--from <url>', 'folder on a web server that has the files (default: EMBEDDINGS_FETCH_URL)', webAddress)
    .option('--into <folder>', 'folder of the model (default: in DATA_DIR)')
    .action(async (options: Options) => {
      await fetchAndSwitch(loadConfig(), options, progressOn(process.stdout, process.stdout.isTTY));
    });
}

/**
 * Fetches the model, tries it, and makes it the default of the data folder.
 * @throws ModelFetchError
 */
export async function fetchAndSwitch(
  { server, embedding }: Pick<AppConfig, 'server' | 'embedding'>,
  { from = embedding.fetchUrl, into = modelFolder(server.dataDir, DEFAULT_MODEL) }: Options,
  progress: Progress,
  files: readonly PinnedFile[] = E5_SMALL,
): Promise<void> {
  const folder = resolve(into);
  const isNew = await fetchModel({ from, into: folder, files, onProgress: progress.show });
  if (!isNew) progress.say('present', `the model is in ${folder} already`, { folder });
  const id = await tryModel(folder);
  writeEmbeddingChoice(server.dataDir, { provider: 'local', model: folder });
  progress.say('done', `${id} is in ${folder}; semantic search is on from the next start`, { id, folder });
  if (embedding.provider !== undefined && embedding.provider !== 'local') {
    progress.say(
      'overridden',
      `but EMBEDDINGS=${embedding.provider} is set, and wins: take it out, or set it to local`,
    );
  } else if (embedding.model !== undefined && resolve(embedding.model) !== folder) {
    progress.say('overridden', 'but EMBEDDINGS_MODEL is set to another folder, and wins: take it out');
  }
}

/** Whether it runs on this machine, before anything relies on it. @returns its id */
async function tryModel(folder: string): Promise<string> {
  try {
    const embedder = await LocalEmbedder.open({ folder, prefixes: 'auto' });
    await embedder.load().finally(() => embedder.close());
    return embedder.model.id;
  } catch (error) {
    if (error instanceof EmbeddingError) throw new ModelFetchError('model_unusable', error.message);
    throw error;
  }
}

function webAddress(value: string): string {
  const { protocol, username, password } = URL.canParse(value) ? new URL(value) : {};
  if (protocol && /^https?:$/.test(protocol) && !username && !password) return value;
  throw new InvalidArgumentError('must be a URL that starts with http:// or https://, without a password');
}
