import { DomainError, type ErrorDetails } from '../../../platform/http/index.js';

export type TelegramErrorCode = 'telegram_proof_invalid' | 'telegram_not_linked';

const DETAILS: Readonly<Record<TelegramErrorCode, ErrorDetails>> = {
  telegram_proof_invalid: {
    kind: 'unauthenticated',
    detail: 'Telegram has not signed this, or not within the last five minutes, or it was used before',
  },
  telegram_not_linked: {
    kind: 'forbidden',
    detail: 'No account here is linked to this Telegram account; sign in another way first, then link it',
  },
};

export class TelegramError extends DomainError<TelegramErrorCode> {
  constructor(code: TelegramErrorCode) {
    super(code, DETAILS[code]);
  }
}
