import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { modelProblems } from '../../src/cli/env-check.js';
import type { PinnedFile } from '../../src/cli/models-files.js';
import {
  ConfigError,
  loadConfig,
  modelFolder,
  writeEmbeddingChoice,
  type ConfigProblem,
  type Environment,
} from '../../src/platform/config/index.js';
import { cli } from '../support/cli.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(60_000);

const TINY = join(import.meta.dirname, '../support/embedding/tiny-model');
const FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx'];
let dataDir: string;
let folder: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'family-assistant-check-'));
  folder = join(dataDir, 'tiny');
  cpSync(TINY, folder, { recursive: true });
});
afterEach(() => {
  rmSync(dataDir, { recursive: true });
});

const pinned = (): PinnedFile[] =>
  FILES.map((path) => {
    const content = readFileSync(join(TINY, path));
    return { path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  });
const check = (env: Environment = {}): Promise<ConfigProblem[]> =>
  modelProblems(loadConfig({ DATA_DIR: dataDir, EMBEDDINGS: 'local', EMBEDDINGS_MODEL: folder, ...env }), pinned());

const problem = (code: string, variable = 'EMBEDDINGS_MODEL'): object[] => [
  { variable, message: expect.stringMatching(new RegExp(`^(?!${variable}).+ \\(${code}\\)$`)) },
];

describe('the check of a local model', () => {
  it('finds nothing wrong with one that runs, and asks for none where none is set', async () => {
    expect(await check()).toEqual([]);
    expect(await check({ EMBEDDINGS_DIMENSIONS: '64' })).toEqual([]);
    expect(await check({ EMBEDDINGS: 'none', EMBEDDINGS_MODEL: '/nowhere' })).toEqual([]);
  });

  it('names a folder that is not there, also the one that was never fetched', async () => {
    expect(await check({ EMBEDDINGS_MODEL: join(dataDir, 'other') })).toEqual(problem('model_missing'));
    expect(await check({ EMBEDDINGS_MODEL: '' })).toEqual(problem('model_missing'));
  });

  it.each(FILES)('names %s when it is missing', async (file) => {
    rmSync(join(folder, file));
    expect(await check()).toEqual(problem('model_missing'));
  });

  it.each(FILES)('tells that %s is damaged', async (file) => {
    writeFileSync(join(folder, file), '{"half": ');
    expect(await check()).toEqual(problem('model_damaged'));
  });

  it("names the dimensions that are not the model's", async () => {
    expect(await check({ EMBEDDINGS_DIMENSIONS: '3' })).toEqual(problem('dimension_mismatch', 'EMBEDDINGS_DIMENSIONS'));
  });

  it('compares the files of a fetched model with what was pinned, and those of no other', async () => {
    const fetched = modelFolder(dataDir, 'multilingual-e5-small');
    cpSync(TINY, fetched, { recursive: true });
    writeEmbeddingChoice(dataDir, { provider: 'local', model: fetched });
    expect(await check({ EMBEDDINGS: '', EMBEDDINGS_MODEL: '' })).toEqual([]);
    for (const path of [fetched, folder])
      writeFileSync(join(path, 'config.json'), `${readFileSync(join(path, 'config.json'), 'utf8')} `);
    for (const env of [{ EMBEDDINGS: '', EMBEDDINGS_MODEL: '' }, { EMBEDDINGS_MODEL: fetched }])
      expect(await check(env)).toEqual(problem('model_checksum_mismatch'));
    expect(await check()).toEqual([]);
  });

  it('tells of a choice that is damaged', async () => {
    writeFileSync(join(dataDir, 'embeddings.json'), '{"provider": "lo');
    await expect(check({ EMBEDDINGS: '', EMBEDDINGS_MODEL: '' })).rejects.toBeInstanceOf(ConfigError);
  });

  it('is part of `env check`', async () => {
    const env = { DATA_DIR: dataDir, EMBEDDINGS: 'local', EMBEDDINGS_MODEL: folder };
    expect(await cli(env, ['env', 'check'])).toMatchObject({ code: 0, stdout: expect.stringContaining('local') });
    rmSync(join(folder, 'tokenizer.json'));
    const { code, stderr } = await cli(env, ['env', 'check']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^ {2}EMBEDDINGS_MODEL: .*tokenizer\.json.*\(model_missing\)$/m),
    });
    const llm = await cli({ DATA_DIR: dataDir, LLM_API_KEY: 'key-of-nothing' }, ['env', 'check']);
    expect(llm).toMatchObject({ code: 1, stderr: expect.stringContaining('LLM_URL') });
    expect(llm.stderr).not.toContain('key-of-nothing');
  });
});
