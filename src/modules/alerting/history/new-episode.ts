import { uuidv7 } from '../../../platform/ids.js';
import type { Alert } from '../alert.js';
import type { NewEpisode } from './history.repository.js';

/** The row of an episode. @param times milliseconds since 1970; @param id of the row that it takes the place of */
export const newEpisode = (
  { fingerprint, source, rule, severity, labels, annotations, startsAt }: Alert,
  times: Pick<NewEpisode, 'ends_at' | 'began_at'>,
  id = uuidv7(),
): NewEpisode => ({
  id,
  fingerprint,
  source,
  rule,
  severity,
  labels,
  annotations,
  starts_at: Math.round(startsAt),
  ...times,
});
