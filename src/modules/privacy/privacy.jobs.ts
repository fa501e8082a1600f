import { defineJob } from '../../platform/jobs/index.js';

/** Makes a copy of somebody's data. */
export const EXPORT = defineJob<{ readonly export_id: string }>({
  name: 'privacy.export',
  retryLimit: 3,
  timeout: 1_800_000,
});

/** Erases an account whose time has come. Tried for days: what was promised is done. */
export const ERASE = defineJob<{ readonly erasure_id: string }>({
  name: 'privacy.erase',
  retryLimit: 100,
  backoff: { base: 5000, max: 3_600_000 },
  timeout: 1_800_000,
});
