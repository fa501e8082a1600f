import { DomainError, type ErrorDetails } from '../../../platform/http/index.js';

export type DeliveryErrorCode = 'alert_journal_down' | 'alerts_too_many';

const ERRORS: Readonly<Record<DeliveryErrorCode, ErrorDetails>> = {
  alert_journal_down: {
    kind: 'unavailable',
    detail: 'The alerts are being told, but could not be written down, so a crash would lose them: send them again',
  },
  alerts_too_many: {
    kind: 'unavailable',
    detail: 'So many alerts fire at one time that there is no room for more',
  },
};

/** What can go wrong with alerts that are handed in. */
export class DeliveryError extends DomainError<DeliveryErrorCode> {
  constructor(code: DeliveryErrorCode) {
    super(code, ERRORS[code], { retryAfter: 30 });
  }
}
