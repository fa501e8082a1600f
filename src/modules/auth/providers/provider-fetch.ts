import type { CustomFetch } from 'openid-client';
import { ProviderError } from './providers.errors.js';

/** Largest answer that is read of a provider, in bytes. */
const LARGEST = 1_048_576;
const RETRY_AFTER = 10;
const WITHOUT_BODY = [204, 205, 304];

/**
 * The one way to a provider: bounded in time and size, and following no redirects, so that nobody is asked who is not in
 * the settings.
 * @param timeout milliseconds for a whole answer
 * @throws ProviderError `provider_unavailable` when there is no answer in time, or one that is the provider's own fault
 */
export function providerFetch(timeout: number): CustomFetch {
  return async (url, { method, headers, body }) => {
    try {
      const init = { method, headers, body: body ?? null, redirect: 'manual' as const };
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) });
      const content = await read(response);
      if (response.status >= 500 || response.status === 429) throw away();
      const isBare = WITHOUT_BODY.includes(response.status);
      return new Response(isBare ? null : content, { status: response.status, headers: response.headers });
    } catch (error) {
      throw error instanceof ProviderError ? error : away();
    }
  };
}

const away = (): ProviderError => new ProviderError('provider_unavailable', { retryAfter: RETRY_AFTER });

async function read({ body }: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > LARGEST) throw away();
    chunks.push(chunk);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}
