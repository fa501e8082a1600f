import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { DEFAULT_MODEL, EmbeddingError, LocalEmbedder } from '../modules/memory/embedding/index.js';
import {
  chooseEmbedding,
  ConfigError,
  loadConfig,
  modelFolder,
  type AppConfig,
  type ConfigProblem,
} from '../platform/config/index.js';
import { E5_SMALL, type PinnedFile } from './models-files.js';
import { isFile } from './models-transfer.js';
import { print } from './print.js';

/** `env check` */
export function addEnvCheck(program: Command): void {
  program
    .command('env')
    .description('settings')
    .command('check')
    .description('name every missing or bad setting, and try the model of semantic search; starts nothing')
    .action(async () => {
      const config = loadConfig();
      const problems = await modelProblems(config);
      if (problems.length > 0) throw new ConfigError(problems);
      const { provider } = chooseEmbedding(config.embedding, config.server.dataDir);
      const database = config.database.isEmbedded ? 'embedded' : 'PostgreSQL';
      print(`the settings are usable; database: ${database}; semantic search: ${provider}`);
    });
}

/**
 * What is wrong with a local model: its files, their checksums where `models fetch` brought them, or that it does not run.
 * @throws ConfigError when the choice that `models fetch` left is damaged
 */
export async function modelProblems(
  { server, embedding }: Pick<AppConfig, 'server' | 'embedding'>,
  pinned: readonly PinnedFile[] = E5_SMALL,
): Promise<ConfigProblem[]> {
  const { provider, model } = chooseEmbedding(embedding, server.dataDir);
  if (provider !== 'local') return [];
  const fetched = modelFolder(server.dataDir, DEFAULT_MODEL);
  const folder = model ?? fetched;
  try {
    const embedder = await LocalEmbedder.open({ ...embedding, folder });
    await embedder.load().finally(() => embedder.close());
  } catch (error) {
    if (!(error instanceof EmbeddingError)) throw error;
    return [problemOf(error)];
  }
  // Another model than the pinned one is nobody's to know but its owner's.
  const isPinned = embedding.model === undefined || resolve(folder) === resolve(fetched);
  return isPinned ? checksumProblems(folder, pinned) : [];
}

async function checksumProblems(folder: string, pinned: readonly PinnedFile[]): Promise<ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  for (const file of pinned) {
    if (await isFile(join(folder, file.path), file)) continue;
    const detail = `${join(folder, file.path)} is not the pinned file: delete the folder, and run \`models fetch\` again`;
    problems.push({ variable: 'EMBEDDINGS_MODEL', message: `${detail} (model_checksum_mismatch)` });
  }
  return problems;
}

function problemOf({ setting = 'EMBEDDINGS_MODEL', message, code }: EmbeddingError): ConfigProblem {
  return { variable: setting, message: `${message.replace(`${setting}: `, '')} (${code})` };
}
