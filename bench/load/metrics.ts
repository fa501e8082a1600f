/** What a server says of itself at `/metrics`, as far as the load tests ask. */
import { STEPS } from './behaviour.mjs';

const REQUEST = /^family_assistant_requests_total\{([^}]*)\} (\S+)$/gm;

/** How often each step had each status, as `countAnswers` writes it. */
export function countedRequests(text: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [, labels = '', value = ''] of text.matchAll(REQUEST)) {
    const { method, endpoint, status } = Object.fromEntries(
      Array.from(labels.matchAll(/(\w+)="([^"]*)"/g), ([, name = '', label = '']) => [name, label]),
    );
    const step = Object.entries(STEPS).find(([, each]) => each.method === method && each.endpoint === endpoint)?.[0];
    if (step !== undefined) counts[`${step} ${status ?? ''}`] = Number(value);
  }
  return counts;
}

/** What came to `before`; what did not change is left out. */
export function difference(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const changes = Object.entries(after).map(([key, value]) => [key, value - (before[key] ?? 0)] as const);
  return Object.fromEntries(changes.filter(([, change]) => change !== 0));
}

/**
 * Whether the server counted what was received. Whether it counted a request without an answer (status 0) nobody but the
 * server knows: of each step it may have so many more.
 */
export function isSameCount(
  received: Readonly<Record<string, number>>,
  counted: Readonly<Record<string, number>>,
): boolean {
  const keys = [...new Set([...Object.keys(received), ...Object.keys(counted)])];
  return Object.keys(STEPS).every((step) => {
    const answered = keys.filter((key) => key.startsWith(`${step} `) && key !== `${step} 0`);
    const more = answered.map((key) => (counted[key] ?? 0) - (received[key] ?? 0));
    const unanswered = received[`${step} 0`] ?? 0;
    return more.every((count) => count >= 0) && more.reduce((sum, count) => sum + count, 0) <= unanswered;
  });
}

/** Resident memory in MiB, where it is told. */
export function residentIn(text: string): number | undefined {
  const bytes = /^family_assistant_process_resident_memory_bytes (\S+)$/m.exec(text)?.[1];
  return bytes === undefined ? undefined : Number(bytes) / 2 ** 20;
}

/** The metrics of a server; undefined where it does not show them. */
export async function scrape(url: string, token: string | undefined): Promise<string | undefined> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(`${url}/metrics`, { headers, signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    return response.ok ? text : undefined;
  } catch {
    return undefined;
  }
}
