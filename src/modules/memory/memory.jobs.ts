import { defineJob } from '../../platform/jobs/index.js';

/** Vectors of a family's new texts. One run serves many changes. */
export const EMBED = defineJob<{ family_id: string }>({
  name: 'memory.embed',
  timeout: 300_000,
  backoff: { base: 2000, max: 300_000 },
  retryLimit: 20,
});

/** Looks for families whose texts wait for vectors, and has them embedded: after a start, and where jobs gave up. */
export const EMBED_WAITING = defineJob<Record<string, never>>({ name: 'memory.embed_waiting', timeout: 600_000 });

/**
 * Vectors of all texts, of a model that has been set newly. As patient as who has mistyped its name may be away; the
 * timeout is a week, as it may take long where it computes slowly.
 */
export const REEMBED = defineJob<{ model: string }>({
  name: 'memory.reembed',
  timeout: 7 * 86_400_000,
  backoff: { base: 2000, max: 600_000 },
  retryLimit: 300,
});

/** Facts that a language model proposes, of a turn or a memory in which nothing else was found. */
export const PROPOSE = defineJob<{ family_id: string; item_id: string; type: 'turn' | 'memory' }>({
  name: 'memory.propose',
  // Longer than the longest wait for an answer, LLM_TIMEOUT.
  timeout: 330_000,
  backoff: { base: 20_000, max: 600_000 },
  retryLimit: 4,
});

/** Facts of one turn. */
export const EXTRACT = defineJob<{ family_id: string; turn_id: string }>({
  name: 'memory.extract',
  batchSize: 20,
});
