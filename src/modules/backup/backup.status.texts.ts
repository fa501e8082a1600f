import type { StatusLanguage } from '../../platform/status/index.js';
import type { BackupState, ReceiverState } from './backup.policy.js';

interface Texts {
  readonly state: string;
  readonly states: Readonly<Record<BackupState, string>>;
  readonly newest: string;
  readonly verified: string;
  readonly lost: string;
  readonly drill: string;
  readonly faulty: string;
  readonly error: string;
  readonly verificationError: string;
  readonly receiver: string;
  readonly receivers: Readonly<Record<ReceiverState, string>>;
}

/** What the status page says of backups. */
export const BACKUP_STATUS_TEXTS: Readonly<Record<StatusLanguage, Texts>> = {
  en: {
    state: 'State',
    states: {
      ok: 'made and verified',
      off: 'none are made',
      none: 'there is none yet',
      failing: 'failing',
      stale: 'the newest is too old',
      not_verified: 'not verified, the server has no key',
      unproved: 'not verified lately',
    },
    newest: 'Last backup',
    verified: 'Last verified by restoring it',
    lost: 'Would be lost now',
    drill: 'That restore took',
    faulty: 'Damaged or missing',
    error: 'Last try failed',
    verificationError: 'Verification failed',
    receiver: 'Receiver of the write-ahead log',
    receivers: { none: 'there is none', ok: 'works', failing: 'failing', silent: 'silent' },
  },
  es: {
    state: 'Estado',
    states: {
      ok: 'hechas y verificadas',
      off: 'no se hacen',
      none: 'aún no hay ninguna',
      failing: 'fallan',
      stale: 'la última es demasiado antigua',
      not_verified: 'sin verificar, el servidor no tiene la clave',
      unproved: 'sin verificar últimamente',
    },
    newest: 'Última copia',
    verified: 'Última verificada restaurándola',
    lost: 'Se perdería ahora',
    drill: 'Esa restauración tardó',
    faulty: 'Dañadas o perdidas',
    error: 'El último intento falló',
    verificationError: 'La verificación falló',
    receiver: 'Receptor del registro de escritura',
    receivers: { none: 'no hay', ok: 'funciona', failing: 'falla', silent: 'no responde' },
  },
};
