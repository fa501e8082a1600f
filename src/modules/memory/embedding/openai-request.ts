import { EmbeddingError } from './embedding.errors.js';
import { retryAfterOf } from './retry.js';
import { normalise } from './vector.js';

/** Where and how embeddings are asked for. */
export interface Endpoint {
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly model: string;
  readonly dimensions: number;
  readonly sendDimensions: boolean;
  /** Longest wait for the whole answer, in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

const URL_SETTING = 'EMBEDDINGS_URL';

/**
 * One call of `POST /embeddings` (OpenAI API reference, "Create embeddings").
 * @returns vectors of length 1, in the order of the texts
 * @throws EmbeddingError `provider_unavailable`, `provider_refused`, `provider_nonsense` or `dimension_mismatch`. What
 * the server says about a failure is not repeated: it may quote a text or the key.
 */
export async function requestEmbeddings(endpoint: Endpoint, texts: readonly string[]): Promise<Float32Array[]> {
  const response = await send(endpoint, texts);
  if (!response.ok) {
    await response.body?.cancel();
    throw refusal(response, endpoint);
  }
  const body = await response.json().catch((error: unknown) => {
    throw fieldsOf(error).name === 'SyntaxError' ? nonsense('no JSON') : unavailable(error, endpoint);
  });
  return vectorsOf(body, texts.length, endpoint.dimensions);
}

async function send(endpoint: Endpoint, texts: readonly string[]): Promise<Response> {
  const { url, apiKey, model, dimensions, sendDimensions, timeout, signal } = endpoint;
  try {
    return await fetch(url, {
      method: 'POST',
      // Texts and the key go to the address that was set, to no other.
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ model, input: texts, encoding_format: 'float', ...(sendDimensions && { dimensions }) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    });
  } catch (error) {
    throw unavailable(error, endpoint);
  }
}

/** An error of the network; of its own words only the code, since some quote the address or a header. */
function unavailable(error: unknown, { timeout }: Endpoint): EmbeddingError {
  const { name, cause } = fieldsOf(error);
  const { code } = fieldsOf(cause);
  const reason =
    name === 'TimeoutError'
      ? `no answer within ${String(timeout)} ms`
      : typeof code === 'string'
        ? code
        : 'the call failed';
  return new EmbeddingError('provider_unavailable', `the provider cannot be reached (${reason})`, {
    setting: URL_SETTING,
  });
}

const SETTING_OF: Readonly<Record<number, string>> = {
  401: 'EMBEDDINGS_API_KEY',
  403: 'EMBEDDINGS_API_KEY',
  404: 'EMBEDDINGS_MODEL',
};

function refusal({ status, headers }: Response, { model }: Endpoint): EmbeddingError {
  if (status === 408 || status === 429 || status >= 500) {
    const retryAfter = retryAfterOf(headers.get('retry-after'));
    return new EmbeddingError('provider_unavailable', `the provider answered ${String(status)}`, {
      setting: URL_SETTING,
      retryAfter,
    });
  }
  return new EmbeddingError('provider_refused', `the provider answered ${String(status)} for model ${model}`, {
    setting: SETTING_OF[status] ?? URL_SETTING,
  });
}

const nonsense = (what: string): EmbeddingError =>
  new EmbeddingError('provider_nonsense', `the provider's answer is ${what}`, { setting: URL_SETTING });

/** Checks everything: a vector in the wrong place would be found for the wrong words for ever. */
function vectorsOf(body: unknown, count: number, dimensions: number): Float32Array[] {
  const data: unknown = typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined;
  if (!Array.isArray(data)) throw nonsense('no list of embeddings');
  if (data.length !== count) throw nonsense(`${String(data.length)} embeddings for ${String(count)} texts`);
  const vectors = new Array<Float32Array | undefined>(count).fill(undefined);
  for (const [position, item] of data.entries()) {
    const { index = position, embedding } = fieldsOf(item);
    const isPlace = typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < count;
    if (!isPlace || vectors[index]) throw nonsense('out of order: an index is missing or there twice');
    vectors[index] = vectorOf(embedding, dimensions);
  }
  return vectors.filter((vector) => vector !== undefined);
}

function vectorOf(embedding: unknown, dimensions: number): Float32Array {
  if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === 'number')) {
    throw nonsense('an embedding that is no list of numbers');
  }
  if (embedding.length !== dimensions) {
    const detail = `is ${String(dimensions)}, but the provider gives ${String(embedding.length)}`;
    throw new EmbeddingError('dimension_mismatch', detail, { setting: 'EMBEDDINGS_DIMENSIONS' });
  }
  const vector = Float32Array.from(embedding);
  if (!normalise(vector)) throw nonsense('an embedding without direction');
  return vector;
}

/** Of anything, the fields it may have. */
function fieldsOf(
  value: unknown,
): Readonly<Partial<Record<'index' | 'embedding' | 'name' | 'cause' | 'code', unknown>>> {
  return typeof value === 'object' && value !== null ? value : {};
}
