import { ModelError } from './model.errors.js';

/** Most bytes of an answer that are read. */
const ANSWER_BYTES = 64 << 10;
/** Most tokens that are asked for: some twenty facts. */
const ANSWER_TOKENS = 1000;

/** What is said to the model. */
export interface Prompt {
  readonly system: string;
  readonly user: string;
}

/** Where and how it is asked. */
export interface Endpoint {
  readonly url: string;
  readonly model: string;
  readonly apiKey: string | undefined;
  /** Longest wait for the whole answer, in milliseconds. */
  readonly timeout: number;
}

/**
 * One call of `POST /chat/completions` (OpenAI API reference, "Create chat completion").
 * @returns what the model wrote
 * @throws ModelError
 */
export async function ask(endpoint: Endpoint, { system, user }: Prompt, signal: AbortSignal): Promise<string> {
  const { url, apiKey, model, timeout } = endpoint;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  let hasAnswered = false;
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      // Texts and the key go to the address that was set, to no other.
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({
        model,
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: user },
        ],
        temperature: 0,
        max_tokens: ANSWER_TOKENS,
        response_format: { type: 'json_object' },
      }),
      signal: limited,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw refusal(response.status);
    }
    hasAnswered = true;
    return contentOf(await read(response));
  } catch (error) {
    if (error instanceof ModelError) throw error;
    signal.throwIfAborted();
    if (limited.aborted) throw new ModelError('model_unavailable', `no answer within ${String(timeout)} ms`);
    throw new ModelError('model_unavailable', 'the server cannot be reached', !hasAnswered);
  }
}

function refusal(status: number): ModelError {
  const isForNow = status === 408 || status === 429 || status >= 500;
  return new ModelError(
    isForNow ? 'model_unavailable' : 'model_refused',
    `the server answered ${String(status)}`,
    true,
  );
}

async function read(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const part of body ?? []) {
    size += part.byteLength;
    // Leaving the loop cancels the rest.
    if (size > ANSWER_BYTES) throw new ModelError('model_nonsense', 'the answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function contentOf(body: string): string {
  const answer = parse(body);
  const choices = isRecord(answer) ? answer['choices'] : undefined;
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const message = isRecord(first) ? first['message'] : undefined;
  const content = isRecord(message) ? message['content'] : undefined;
  if (typeof content !== 'string') throw new ModelError('model_nonsense', 'the answer is no completion');
  return content;
}

/** @throws ModelError `model_nonsense` for what is no JSON */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ModelError('model_nonsense', 'the answer is no JSON');
  }
}

/** Whether it is an object with fields. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
