import { defineJob } from '../../platform/jobs/index.js';

/** The longest a backup or a drill may take, in milliseconds. */
const LONGEST = 6 * 3_600_000;
const AGAIN = { base: 300_000, max: 3_600_000 };

/** Makes the backup that was asked for; after a failure again, as the reason may have passed. */
export const CREATE = defineJob<{ readonly run_id: string }>({
  name: 'backup.create',
  retryLimit: 3,
  backoff: AGAIN,
  timeout: LONGEST,
});

/** Verifies a backup by restoring it. */
export const VERIFY = defineJob<{ readonly run_id: string }>({
  name: 'backup.verify',
  retryLimit: 2,
  backoff: AGAIN,
  timeout: LONGEST,
});
