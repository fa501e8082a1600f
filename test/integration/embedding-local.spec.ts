import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { tinyOnnx } from '../support/embedding/make-tiny-model.js';
import { EmbeddingError } from '../../src/modules/memory/embedding/embedding.errors.js';
import { LocalEmbedder, type LocalSettings } from '../../src/modules/memory/embedding/local-embedder.js';
import { dot } from '../../src/modules/memory/embedding/vector.js';

const TINY = join(import.meta.dirname, '../support/embedding/tiny-model');
const scratch = mkdtempSync(join(tmpdir(), 'family-assistant-model-'));
const opened: LocalEmbedder[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((embedder) => embedder.close()));
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

async function open(settings: Partial<LocalSettings> = {}): Promise<LocalEmbedder> {
  const embedder = await LocalEmbedder.open({ folder: TINY, prefixes: 'auto', ...settings });
  opened.push(embedder);
  return embedder;
}

/** A copy of the tiny model in a folder of this name, spoilt by `change`. */
function copy(name: string, change: (folder: string) => void = () => undefined): string {
  const folder = join(scratch, name);
  cpSync(TINY, folder, { recursive: true });
  change(folder);
  return folder;
}

async function refusal(attempt: Promise<unknown>): Promise<EmbeddingError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof EmbeddingError) return error;
  throw new Error(`not refused as it should be: ${String(error)}`);
}

const lengthOf = (vector: Float32Array): number => Math.sqrt(dot(vector, vector));

describe('a local embedder', () => {
  it('names its model by folder and weights', async () => {
    const { model } = await open();
    expect(model).toEqual({ id: expect.stringMatching(/^tiny-model@[0-9a-f]{8}$/), dimensions: 64 });
    expect((await open({ prefixes: 'e5' })).model.id).toBe(`${model.id}+e5`);
  });

  it('gives vectors of length 1, in the order of the texts', async () => {
    const embedder = await open();
    const texts = ['a', 'Leo is allergic to peanuts', '🥜', 'Grandma lives by the sea', 'x'.repeat(3000), 'a'];
    const vectors = await embedder.embedPassages(texts);
    expect(vectors).toHaveLength(texts.length);
    for (const [at, vector] of vectors.entries()) {
      expect(vector).toHaveLength(64);
      expect(lengthOf(vector)).toBeCloseTo(1, 5);
      const alone = await embedder.embedQuery(texts[at] ?? '');
      expect(dot(vector, alone)).toBeCloseTo(1, 4); // padding and neighbours change nothing
    }
    expect(await embedder.embedPassages([])).toEqual([]);
  });

  it('pools by the mean over the tokens of the text', async () => {
    const embedder = await open();
    const [both, one, other] = await embedder.embedPassages(['ab cd', 'ab', 'cd']);
    if (!both || !one || !other) throw new Error('vectors are missing');
    expect(dot(both, one)).toBeGreaterThan(0.5);
    expect(dot(both, other)).toBeGreaterThan(0.5);
  });

  it('finds the text that shares words', async () => {
    const embedder = await open();
    const vectors = await embedder.embedPassages([
      'Leo is allergic to peanuts',
      'Grandma was born in May',
      'La abuela vive en Sevilla',
    ]);
    const query = await embedder.embedQuery('¿dónde vive la abuela?');
    const scores = vectors.map((vector) => dot(vector, query));
    expect(scores.indexOf(Math.max(...scores))).toBe(2);
  });

  it('cuts a long text at the limit of the model and keeps its end token', async () => {
    const embedder = await open();
    const [long, longer] = await embedder.embedPassages(['ab '.repeat(62), 'ab '.repeat(5000)]);
    expect(dot(long ?? new Float32Array(), longer ?? new Float32Array())).toBeCloseTo(1, 5);
  });

  it('marks queries and passages of the e5 family', async () => {
    const plain = await open();
    const marked = await open({ folder: copy('tiny-e5') });
    const [passage] = await marked.embedPassages(['ab cd']);
    expect(passage).toEqual((await plain.embedPassages(['passage: ab cd']))[0]);
    expect(await marked.embedQuery('ab cd')).toEqual(await plain.embedQuery('query: ab cd'));
    expect(marked.model.id).toMatch(/^tiny-e5@[0-9a-f]{8}$/);
  });

  it('takes any text', async () => {
    const embedder = await open();
    for (const text of ['', ' \n\t', '\u0000', '\ud83e', '漢字', '🥜'.repeat(1000)]) {
      expect(lengthOf(await embedder.embedQuery(text))).toBeCloseTo(1, 5);
    }
  });

  it('lets a query go before passages that wait, and the event loop turn meanwhile', async () => {
    const embedder = await open();
    const order: string[] = [];
    const texts = Array.from({ length: 400 }, (_, i) => `memory number ${String(i)} `.repeat(5));
    const passages = embedder.embedPassages(texts).then(() => order.push('passages'));
    await embedder.embedQuery('first').then(() => order.push('query'));
    let turns = 0;
    const counting = (async () => {
      while (order.length < 2) {
        turns += 1;
        await turn();
      }
    })();
    await Promise.all([passages, counting]);
    expect(order).toEqual(['query', 'passages']);
    expect(turns).toBeGreaterThan(10);
  });

  it('starts another thread when its own has ended', async () => {
    const embedder = await open();
    const before = await embedder.embedQuery('ab cd');
    const thread = (await Reflect.get(embedder, 'thread')) as object;
    const passages = refusal(embedder.embedPassages(['ab cd']));
    await (Reflect.get(thread, 'worker') as Worker).terminate();
    expect(await passages).toMatchObject({ code: 'worker_ended', isRetryable: true });
    expect(await embedder.embedQuery('ab cd')).toEqual(before);
  });

  it('fails what waits when it is closed, and everything after that', async () => {
    const embedder = await open();
    await embedder.load();
    const waiting = embedder.embedPassages(Array.from({ length: 100 }, (_, i) => `text ${String(i)}`));
    const refused = refusal(waiting);
    await embedder.close();
    expect(await refused).toMatchObject({ code: 'embedder_closed', isRetryable: true });
    expect(await refusal(embedder.embedQuery('x'))).toMatchObject({ code: 'embedder_closed' });
    await embedder.close();
  });
});

describe('a folder that is no usable model', () => {
  it.each([
    ['that is not there', () => join(scratch, 'nowhere'), 'model_missing'],
    ['that is a file', () => join(TINY, 'config.json'), 'model_missing'],
    ...['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx'].map((name): Spoilt => [
      `without ${name}`,
      () =>
        copy(`without-${name.replace('/', '-')}`, (folder) => {
          rmSync(join(folder, name));
        }),
      'model_missing',
    ]),
    ['with broken JSON', () => spoil('broken-json', 'config.json', '{"hidden_size": 6'), 'model_damaged'],
    ['with JSON that is no object', () => spoil('no-object', 'tokenizer_config.json', '[1]2'), 'model_damaged'],
    ['without a size', () => spoil('no-size', 'config.json', '{}'), 'model_unfit'],
  ] satisfies Spoilt[])('%s is refused when it is opened', async (_what, folder, code) => {
    const error = await refusal(LocalEmbedder.open({ folder: folder(), prefixes: 'auto' }));
    expect(error).toMatchObject({ code, setting: 'EMBEDDINGS_MODEL', isRetryable: false });
  });

  it.each([
    [
      'half a tokenizer',
      () =>
        copy('half-tokenizer', (folder) => {
          truncateSync(join(folder, 'tokenizer.json'), 5000);
        }),
      'model_damaged',
    ],
    ['a tokenizer of nothing', () => spoil('no-tokenizer', 'tokenizer.json', '{}'), 'model_damaged'],
    [
      'half the weights',
      () =>
        copy('half-weights', (folder) => {
          truncateSync(join(folder, 'onnx/model.onnx'), 400);
        }),
      'model_damaged',
    ],
    [
      'weights that are text',
      () => spoil('text-weights', 'onnx/model.onnx', 'version https://example.org'),
      'model_damaged',
    ],
    ['empty weights', () => spoil('empty-weights', 'onnx/model.onnx', ''), 'model_damaged'],
    ['other inputs', () => spoil('other-inputs', 'onnx/model.onnx', tinyOnnx(64, 'pixel_values')), 'model_unfit'],
    ['other dimensions', () => spoil('other-dimensions', 'onnx/model.onnx', tinyOnnx(32)), 'model_unfit'],
  ] satisfies Spoilt[])('with %s is refused when it is loaded, and not tried again', async (_what, folder, code) => {
    const embedder = await open({ folder: folder() });
    const error = await refusal(embedder.load());
    expect(error).toMatchObject({ code, setting: 'EMBEDDINGS_MODEL', isRetryable: false });
    expect(await refusal(embedder.embedQuery('x'))).toBe(error);
  });

  it('of other dimensions than the settings say is refused', async () => {
    const error = await refusal(LocalEmbedder.open({ folder: TINY, prefixes: 'auto', dimensions: 384 }));
    expect(error).toMatchObject({ code: 'dimension_mismatch', setting: 'EMBEDDINGS_DIMENSIONS' });
  });

  it('is what the committed script writes', () => {
    expect(readFileSync(join(TINY, 'onnx/model.onnx')).equals(tinyOnnx())).toBe(true);
  });
});

type Spoilt = [what: string, folder: () => string, code: string];

function spoil(name: string, file: string, content: string | Buffer): string {
  return copy(name, (folder) => {
    writeFileSync(join(folder, file), content);
  });
}
