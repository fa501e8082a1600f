import { Foundation1763700000000 } from './1763700000000-foundation.js';
import { Jobs1763750000000 } from './1763750000000-jobs.js';
import { Memory1763800000000 } from './1763800000000-memory.js';
import { ModelUsage1763850000000 } from './1763850000000-model-usage.js';
import { SearchSpeed1763900000000 } from './1763900000000-search-speed.js';
import { Audit1764000000000 } from './1764000000000-audit.js';
import { GrownMembers1764000500000 } from './1764000500000-grown-members.js';
import { Privacy1764010000000 } from './1764010000000-privacy.js';
import { MailTokens1764050000000 } from './1764050000000-mail-tokens.js';
import { Identities1764100000000 } from './1764100000000-identities.js';
import { ApiKeys1764150000000 } from './1764150000000-api-keys.js';
import { Grants1764150100000 } from './1764150100000-grants.js';
import { Devices1764200000000 } from './1764200000000-devices.js';
import { Erasing1764250000000 } from './1764250000000-erasing.js';
import { Offers1764260000000 } from './1764260000000-offers.js';
import { FormerMembers1764280000000 } from './1764280000000-former-members.js';
import { EndedSessions1764290000000 } from './1764290000000-ended-sessions.js';
import { Backup1764300000000 } from './1764300000000-backup.js';
import { WalReceiver1764310000000 } from './1764310000000-wal-receiver.js';
import { Alerting1764400000000 } from './1764400000000-alerting.js';

/** Every migration in the order in which they are applied. Forward-only once landed. */
export const MIGRATIONS = [
  Foundation1763700000000,
  Jobs1763750000000,
  Memory1763800000000,
  ModelUsage1763850000000,
  SearchSpeed1763900000000,
  Audit1764000000000,
  GrownMembers1764000500000,
  Privacy1764010000000,
  MailTokens1764050000000,
  Identities1764100000000,
  ApiKeys1764150000000,
  Grants1764150100000,
  Devices1764200000000,
  Erasing1764250000000,
  Offers1764260000000,
  FormerMembers1764280000000,
  EndedSessions1764290000000,
  Backup1764300000000,
  WalReceiver1764310000000,
  Alerting1764400000000,
] as const;
