import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig, modelFolder, writeEmbeddingChoice } from '../../src/platform/config/index.js';
import { createEmbedder, SEMANTIC_SEARCH_OFF } from '../../src/modules/memory/embedding/create-embedder.js';
import type { Embedder } from '../../src/modules/memory/embedding/embedder.js';

const TINY = join(import.meta.dirname, '../support/embedding/tiny-model');
let dataDir: string;
let said: unknown[][];
let made: Embedder | null;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'family-assistant-choice-'));
  said = [];
  made = null;
});
afterEach(async () => {
  await made?.close();
  rmSync(dataDir, { recursive: true });
});

async function create(env: Record<string, string>, lazy = false): Promise<Embedder | null> {
  const logger = { info: (...words: unknown[]) => void said.push(words) };
  made = await createEmbedder(loadConfig({ DATA_DIR: dataDir, ...env }), logger, { lazy });
  return made;
}

describe('without a setting', () => {
  it('there is no embedder, and the log says how to get one', async () => {
    expect(await create({})).toBeNull();
    expect(said).toEqual([[SEMANTIC_SEARCH_OFF]]);
  });

  it('a fetched model is used', async () => {
    const folder = modelFolder(dataDir, 'tiny');
    cpSync(TINY, folder, { recursive: true });
    writeEmbeddingChoice(dataDir, { provider: 'local', model: folder });
    expect((await create({}))?.model).toEqual({ id: expect.stringMatching(/^tiny@/), dimensions: 64 });
    expect(said).toEqual([[expect.objectContaining({ provider: 'local', dimensions: 64 }), 'semantic search is on']]);
  });

  it('a choice that is damaged is named', async () => {
    writeFileSync(join(dataDir, 'embeddings.json'), '{"provider": "lo');
    await expect(create({})).rejects.toBeInstanceOf(ConfigError);
    expect(await create({ EMBEDDINGS: 'none' })).toBeNull();
  });
});

describe('EMBEDDINGS', () => {
  it('wins over a fetched model', async () => {
    writeEmbeddingChoice(dataDir, { provider: 'local', model: TINY });
    expect(await create({ EMBEDDINGS: 'none' })).toBeNull();
  });

  it('local takes the folder of EMBEDDINGS_MODEL', async () => {
    const embedder = await create({ EMBEDDINGS: 'local', EMBEDDINGS_MODEL: TINY, EMBEDDINGS_THREADS: '1' });
    expect(await embedder?.embedQuery('hello')).toHaveLength(64);
  });

  it('local refuses the start when there is no model, or one that cannot be loaded', async () => {
    await expect(create({ EMBEDDINGS: 'local' })).rejects.toMatchObject({ code: 'model_missing' });
    const folder = modelFolder(dataDir, 'broken');
    cpSync(TINY, folder, { recursive: true });
    writeFileSync(join(folder, 'onnx/model.onnx'), 'half');
    const env = { EMBEDDINGS: 'local', EMBEDDINGS_MODEL: folder };
    await expect(create(env)).rejects.toMatchObject({ code: 'model_damaged', setting: 'EMBEDDINGS_MODEL' });
    expect(await create(env, true)).not.toBeNull();
  });

  it('openai starts without an answer of the provider', async () => {
    const embedder = await create({
      EMBEDDINGS: 'openai',
      EMBEDDINGS_URL: 'http://127.0.0.1:9/v1',
      EMBEDDINGS_MODEL: 'some-model',
      EMBEDDINGS_DIMENSIONS: '768',
    });
    expect(embedder?.model).toEqual({ id: 'some-model@768', dimensions: 768 });
  });

  it('openai needs an address, a model and its dimensions, and a key only where keys belong', () => {
    const variables = (env: Record<string, string>): string[] => {
      try {
        loadConfig({ EMBEDDINGS: 'openai', ...env });
        return [];
      } catch (error) {
        return error instanceof ConfigError ? error.problems.map(({ variable }) => variable) : [];
      }
    };
    expect(variables({})).toEqual(['EMBEDDINGS_URL', 'EMBEDDINGS_MODEL', 'EMBEDDINGS_DIMENSIONS']);
    const rest = { EMBEDDINGS_MODEL: 'm', EMBEDDINGS_DIMENSIONS: '2' };
    expect(variables({ EMBEDDINGS_URL: 'https://me:secret@example.org', ...rest })).toEqual(['EMBEDDINGS_URL']);
    expect(variables({ EMBEDDINGS_URL: 'https://example.org/v1', ...rest })).toEqual([]);
  });
});
