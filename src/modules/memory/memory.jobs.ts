import { defineJob } from '../../platform/jobs/index.js';

/** Vectors of a family's new texts. One run serves many changes. */
export const EMBED = defineJob<{ family_id: string }>({
  name: 'memory.embed',
  timeout: 300_000,
  backoff: { base: 2000, max: 300_000 },
  retryLimit: 20,
});

/** Facts of one turn. */
export const EXTRACT = defineJob<{ family_id: string; turn_id: string }>({
  name: 'memory.extract',
  batchSize: 20,
});
