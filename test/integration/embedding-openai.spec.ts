import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { answer, Provider, vectorOf, type Behaviour } from '../support/embedding/provider.js';
import { EmbeddingError } from '../../src/modules/memory/embedding/embedding.errors.js';
import { OpenAiEmbedder, type OpenAiSettings } from '../../src/modules/memory/embedding/openai-embedder.js';
import { retryAfterOf } from '../../src/modules/memory/embedding/retry.js';

const KEY = 'sk-do-not-print-this-key';
const TEXT = 'Leo is allergic to peanuts';
const QUICK = { attempts: 3, firstDelay: 1, maxDelay: 1000 };

let provider: Provider;
let embedders: OpenAiEmbedder[] = [];
beforeEach(async () => {
  provider = await Provider.start();
});
afterEach(async () => {
  await Promise.all(embedders.map((embedder) => embedder.close()));
  embedders = [];
  await provider.stop();
});

function embedder(settings: Partial<OpenAiSettings> = {}): OpenAiEmbedder {
  const made = new OpenAiEmbedder({
    url: provider.url,
    apiKey: KEY,
    model: 'test-model',
    dimensions: 2,
    sendDimensions: false,
    prefixes: 'auto',
    batch: 3,
    timeout: 10_000,
    passagePatience: QUICK,
    queryPatience: { ...QUICK, attempts: 1 },
    ...settings,
  });
  embedders.push(made);
  return made;
}

async function refusal(attempt: Promise<unknown>): Promise<EmbeddingError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof EmbeddingError)) throw new Error(`not refused as it should be: ${String(error)}`);
  const said = `${error.message}${String(error.stack)}${String(error.cause)}${JSON.stringify(error)}`;
  expect(said).not.toContain(KEY);
  expect(said).not.toContain('peanuts');
  return error;
}

function normalised(numbers: readonly number[]): number[] {
  const length = Math.hypot(...numbers);
  return numbers.map((value) => Math.fround(value / length));
}

describe('an OpenAI-compatible provider', () => {
  it('is asked in batches, and its vectors are put in order and normalised', async () => {
    const texts = ['a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff', 'ggggggg'];
    const vectors = await embedder().embedPassages(texts);
    expect(vectors.map((vector) => [...vector])).toEqual(
      texts.map((text) => normalised(vectorOf(text)).map((value) => expect.closeTo(value, 6) as unknown)),
    );
    expect(provider.requests.map(({ body }) => body.input)).toEqual([
      texts.slice(0, 3),
      texts.slice(3, 6),
      texts.slice(6),
    ]);
    const [first] = provider.requests;
    expect(first?.url).toBe('/v1/embeddings');
    expect(first?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(first?.body).toEqual({ model: 'test-model', input: texts.slice(0, 3), encoding_format: 'float' });
  });

  it('is asked for dimensions and with prefixes only where that is set, and without a key when there is none', async () => {
    await embedder({ sendDimensions: true, prefixes: 'e5', apiKey: undefined, url: `${provider.url}/` }).embedQuery(
      'who?',
    );
    const [first] = provider.requests;
    expect(first?.body).toMatchObject({ input: ['query: who?'], dimensions: 2 });
    expect(first?.headers.authorization).toBeUndefined();
    expect(first?.url).toBe('/v1/embeddings');
  });

  it('is named by model and dimensions, wherever it lives', () => {
    expect(embedder().model).toEqual({ id: 'test-model@2', dimensions: 2 });
    expect(embedder({ url: 'https://elsewhere.example.org' }).model.id).toBe('test-model@2');
    expect(embedder({ prefixes: 'e5' }).model.id).toBe('test-model@2+e5');
  });

  it('is not asked at all for nothing', async () => {
    expect(await embedder().embedPassages([])).toEqual([]);
    expect(provider.requests).toEqual([]);
  });
});

const drop: Behaviour = (_request, _response, socket) => {
  socket.destroy();
};

describe('a failure that passes', () => {
  it.each<[string, Behaviour]>([
    ['429', answer({}, 429)],
    ['429 with a time to wait', answer({}, 429, { 'retry-after': '0' })],
    ['500', answer('oops', 500)],
    ['503', answer({}, 503)],
    ['408', answer({}, 408)],
    ['a dropped connection', drop],
    [
      'half an answer',
      (_request, response, socket) => {
        response.writeHead(200, { 'content-length': '500' });
        response.write('{"data":[', () => socket.destroy());
      },
    ],
    ['an answer that is no JSON', answer('<html>')],
  ])('%s is tried again', async (_what, behaviour) => {
    provider.next.push(behaviour, behaviour);
    expect(await embedder().embedPassages([TEXT])).toHaveLength(1);
    expect(provider.requests).toHaveLength(3);
  });

  it('that lasts is an error in the end, which says so', async () => {
    provider.next.push(...Array.from({ length: 9 }, () => answer({ error: { message: `${KEY} ${TEXT}` } }, 503)));
    expect(await refusal(embedder().embedPassages([TEXT]))).toMatchObject({
      code: 'provider_unavailable',
      setting: 'EMBEDDINGS_URL',
      isRetryable: true,
    });
    expect(provider.requests).toHaveLength(QUICK.attempts);
  });

  it('with a long time to wait is not waited for, but handed on', async () => {
    provider.next.push(answer({}, 429, { 'retry-after': '3600' }));
    expect(await refusal(embedder().embedPassages([TEXT]))).toMatchObject({
      code: 'provider_unavailable',
      retryAfter: 3600,
    });
    expect(provider.requests).toHaveLength(1);
  });

  it('is a provider that nobody runs', async () => {
    const away = embedder();
    await provider.stop();
    expect(await refusal(away.embedQuery(TEXT))).toMatchObject({ code: 'provider_unavailable', isRetryable: true });
  });

  it('is an answer that does not come in time', async () => {
    const silent: Behaviour = () => undefined;
    provider.next.push(silent, silent, silent);
    expect(await refusal(embedder({ timeout: 100 }).embedPassages([TEXT]))).toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('100 ms'),
    });
  });
});

describe('a failure that stays', () => {
  it.each([
    [400, 'EMBEDDINGS_URL'],
    [401, 'EMBEDDINGS_API_KEY'],
    [403, 'EMBEDDINGS_API_KEY'],
    [404, 'EMBEDDINGS_MODEL'],
    [413, 'EMBEDDINGS_URL'],
  ])('%i is not tried again and names %s', async (status, setting) => {
    provider.next.push(answer({ error: { message: `${KEY} ${TEXT}` } }, status));
    expect(await refusal(embedder().embedPassages([TEXT]))).toMatchObject({
      code: 'provider_refused',
      setting,
      isRetryable: false,
    });
    expect(provider.requests).toHaveLength(1);
  });

  it('is a redirection: texts go nowhere else', async () => {
    provider.next.push(answer('', 307, { location: `${provider.url}/elsewhere` }));
    expect(await refusal(embedder().embedQuery(TEXT))).toMatchObject({ code: 'provider_unavailable' });
    expect(provider.requests).toHaveLength(1);
  });

  it('is another dimension', async () => {
    provider.next.push(answer({ data: [{ index: 0, embedding: [1, 2, 3] }] }));
    expect(await refusal(embedder().embedPassages([TEXT]))).toMatchObject({
      code: 'dimension_mismatch',
      setting: 'EMBEDDINGS_DIMENSIONS',
      isRetryable: false,
    });
  });
});

describe('nonsense', () => {
  const good = { index: 0, embedding: [3, 4] };
  it.each<[string, unknown]>([
    ['null', 'null'],
    ['no list', {}],
    ['an empty list', { data: [] }],
    ['too many', { data: [good, { ...good, index: 1 }, { ...good, index: 2 }] }],
    ['an index twice', { data: [good, good] }],
    ['an index out of range', { data: [good, { ...good, index: 2 }] }],
    ['an index that is no number', { data: [good, { ...good, index: '1' }] }],
    ['an embedding in base64', { data: [good, { index: 1, embedding: 'AAAAAA==' }] }],
    ['null among the numbers', { data: [good, { index: 1, embedding: [null, 1] }] }],
    ['a number beyond all bounds', '{"data":[{"index":0,"embedding":[1e999,1]},{"index":1,"embedding":[1,1]}]}'],
    ['a vector of zeros', { data: [good, { index: 1, embedding: [0, 0] }] }],
  ])('is %s, and no vector comes of it', async (_what, body) => {
    provider.next.push(answer(body), answer(body), answer(body));
    expect(await refusal(embedder().embedPassages([TEXT, 'x']))).toMatchObject({ code: 'provider_nonsense' });
  });

  it('is not a list without indexes, which is in order', async () => {
    provider.next.push(answer({ data: [{ embedding: [3, 4] }, { embedding: [4, 3] }] }));
    const [first] = await embedder().embedPassages([TEXT, 'x']);
    expect([...(first ?? [])]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  });
});

describe('closing', () => {
  it('ends what runs and refuses what comes', async () => {
    const closing = embedder();
    const asked = new Promise<void>((resolve) => {
      provider.next.push(() => {
        resolve();
      });
    });
    const running = refusal(closing.embedPassages([TEXT]));
    await asked;
    await closing.close();
    expect(await running).toMatchObject({ code: 'embedder_closed' });
    expect(await refusal(closing.embedQuery(TEXT))).toMatchObject({ code: 'embedder_closed' });
    expect(provider.requests).toHaveLength(1);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  it.each([
    [null, undefined],
    ['7', 7],
    ['Sat, 21 Nov 2026 10:00:30 GMT', 30],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
  ])('%s means %s seconds', (header, seconds) => {
    expect(retryAfterOf(header, now)).toBe(seconds);
  });
});
