import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EmbeddingError } from './embedding.errors.js';

/** What the files of a model say, before anything is loaded. */
export interface ModelFolder {
  readonly path: string;
  /** Name of the folder, which names the model. */
  readonly name: string;
  /** File of the weights. */
  readonly weights: string;
  /** SHA-256 of that file, hexadecimal. */
  readonly sha256: string;
  readonly dimensions: number;
  /** Tokens a text is cut to. */
  readonly maxTokens: number;
  readonly padToken: number;
}

const SETTING = 'EMBEDDINGS_MODEL';

/** Longest input the attention of these encoders was trained for (BERT and its descendants). */
const MAX_TOKENS = 512;

/** Which weights are taken where several lie side by side: small and fast on a CPU first. */
const PREFERRED = ['model_q4.onnx', 'model_quantized.onnx', 'model_int8.onnx', 'model_uint8.onnx', 'model.onnx'];

/**
 * Reads a folder in the layout of transformers.js: config.json, tokenizer.json, tokenizer_config.json, onnx/*.onnx.
 * @throws EmbeddingError `model_missing`, `model_damaged` or `model_unfit`, naming the file
 */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const path = resolve(folder);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw missing(`there is no folder ${path}; \`models fetch\` brings a model`);
  const config = await readJson(path, 'config.json');
  const tokenizer = await readJson(path, 'tokenizer_config.json');
  const size = await stat(join(path, 'tokenizer.json')).catch(() => undefined);
  if (!size?.isFile()) throw missing(`${join(path, 'tokenizer.json')} is missing`);
  const weights = await findWeights(path);
  const { hidden_size: dimensions, pad_token_id: padToken } = config;
  if (!isCount(dimensions)) throw unfit(`${join(path, 'config.json')} names no hidden_size`);
  return {
    path,
    name: basename(path),
    weights,
    sha256: await sha256Of(weights),
    dimensions,
    maxTokens: Math.min(
      ...[MAX_TOKENS, config['max_position_embeddings'], tokenizer['model_max_length']].filter(isCount),
    ),
    padToken: padToken === 0 || isCount(padToken) ? padToken : 0,
  };
}

const missing = (detail: string): EmbeddingError => new EmbeddingError('model_missing', detail, { setting: SETTING });
const unfit = (detail: string): EmbeddingError => new EmbeddingError('model_unfit', detail, { setting: SETTING });
const isCount = (value: unknown): value is number => typeof value === 'number' && value > 0;

async function readJson(folder: string, name: string): Promise<Record<string, unknown>> {
  const file = join(folder, name);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw missing(`${file} is missing`);
  const value = parseObject(text);
  if (!value) throw new EmbeddingError('model_damaged', `${file} is not a JSON object`, { setting: SETTING });
  return value;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

async function findWeights(folder: string): Promise<string> {
  const names = (await readdir(join(folder, 'onnx')).catch(() => [])).filter((name) => name.endsWith('.onnx')).sort();
  const name = PREFERRED.find((preferred) => names.includes(preferred)) ?? names[0];
  if (name === undefined) throw missing(`${join(folder, 'onnx')} has no .onnx file`);
  return join(folder, 'onnx', name);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
