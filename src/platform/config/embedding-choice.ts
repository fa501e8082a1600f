import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EMBEDDING_PROVIDERS, type EmbeddingConfig, type EmbeddingProvider } from './embedding.config.js';
import { ConfigError } from './load-config.js';

/** Which embeddings are in force. */
export interface EmbeddingChoice {
  readonly provider: EmbeddingProvider;
  /** Folder (`local`) or name (`openai`) of the model. */
  readonly model?: string | undefined;
}

const FILE = 'embeddings.json';

/** The folder in which `models fetch` puts a model unless it is told another. */
export const modelFolder = (dataDir: string, name: string): string => join(dataDir, 'models', name);

/**
 * What the environment sets, and for what it leaves open, what `models fetch` has left in `DATA_DIR/embeddings.json`.
 * @throws ConfigError when that file is needed and damaged
 */
export function chooseEmbedding(
  { provider, model }: Pick<EmbeddingConfig, 'provider' | 'model'>,
  dataDir: string,
): EmbeddingChoice {
  if (provider === 'none' || provider === 'openai' || (provider && model)) return { provider, model };
  const fetched = readChoice(dataDir);
  return { provider: provider ?? fetched?.provider ?? 'none', model: model ?? fetched?.model };
}

/** Makes a fetched model the default of this data folder. The path is kept relative to it where it lies within. */
export function writeEmbeddingChoice(dataDir: string, choice: EmbeddingChoice): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, FILE);
  const base = `${resolve(dataDir)}/`;
  const path = choice.model === undefined ? undefined : resolve(choice.model);
  const model = path?.startsWith(base) ? path.slice(base.length) : path;
  // Written beside and renamed: a crash leaves the old file or the new one.
  const handle = openSync(`${file}.new`, 'w', 0o600);
  writeSync(handle, `${JSON.stringify({ provider: choice.provider, model }, null, 2)}\n`);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(`${file}.new`, file);
}

function readChoice(dataDir: string): EmbeddingChoice | undefined {
  const file = join(dataDir, FILE);
  if (!existsSync(file)) return undefined;
  const stored = parse(readFileSync(file, 'utf8'));
  const provider = EMBEDDING_PROVIDERS.find((known) => known === stored?.provider);
  if (!provider || (stored?.model !== undefined && typeof stored.model !== 'string')) {
    throw new ConfigError([
      { variable: 'EMBEDDINGS', message: `${FILE} in DATA_DIR is damaged; delete it, or run \`models fetch\` again` },
    ]);
  }
  return { provider, model: stored?.model === undefined ? undefined : resolve(dataDir, stored.model) };
}

function parse(text: string): { provider?: unknown; model?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
