import type { Provider } from '@nestjs/common';
import { AlertIntake } from '../alert.js';
import { DeliveryMonitor } from './delivery-monitor.service.js';
import { DeliveryService } from './delivery.service.js';

export { DeliveryError } from './delivery.errors.js';
export { UNDELIVERED } from './delivery.js';
export { DeliveryService } from './delivery.service.js';
export type { ChannelStatus, DeliveryStatus, Receipt } from './delivery.status.js';
export { isMatcher, LONGEST_PATTERN, silenceOf } from './matchers.js';
export {
  AlertHistorySink,
  InhibitionRules,
  MATCHER_OPERATORS,
  SilenceSource,
  type HistoryEntry,
  type Matcher,
  type MatcherOperator,
  type Silence,
} from './ports.js';

/**
 * All of delivery. Whoever takes them into a module provides `SilenceSource`, `InhibitionRules` and `AlertHistorySink`
 * beside them.
 */
export const DELIVERY_PROVIDERS: Provider[] = [
  DeliveryService,
  DeliveryMonitor,
  { provide: AlertIntake, useExisting: DeliveryService },
];
