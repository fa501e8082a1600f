import { DomainError, type ErrorDetails } from '../../platform/http/index.js';

export type AlertingErrorCode =
  | 'alert_silence_not_found'
  | 'alert_silences_full'
  | 'alert_silence_key_reused'
  | 'alerts_disabled'
  | 'alerts_no_channel';

const DETAILS: Readonly<Record<AlertingErrorCode, ErrorDetails>> = {
  alert_silence_not_found: { kind: 'not_found', detail: 'There is no such silence' },
  alert_silences_full: { kind: 'conflict', detail: 'There are too many silences: end some of them first' },
  alerts_disabled: { kind: 'conflict', detail: 'Alerting is switched off here: see ALERTS_ENABLED' },
  alerts_no_channel: {
    kind: 'conflict',
    detail: 'Nobody can be told of alerts: set up a channel first, see docs/ALERTING.md',
  },
  alert_silence_key_reused: { kind: 'impossible', detail: 'The Idempotency-Key was used for another silence' },
};

/** What can go wrong with silences and tests. */
export class AlertingError extends DomainError<AlertingErrorCode> {
  constructor(code: AlertingErrorCode) {
    super(code, DETAILS[code]);
  }
}
