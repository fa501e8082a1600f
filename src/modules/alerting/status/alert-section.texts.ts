import type { StatusLanguage } from '../../../platform/status/index.js';
import type { RuleStateName } from '../rule-state.js';

interface Texts {
  readonly firing: string;
  readonly pending: string;
  readonly rules: string;
  readonly more: string;
  readonly silenced: string;
  readonly unknown: Readonly<Record<Extract<RuleStateName, 'no_data' | 'error'>, string>>;
}

/** What the status page says of alerts. */
export const ALERT_SECTION_TEXTS: Readonly<Record<StatusLanguage, Texts>> = {
  en: {
    firing: 'Firing',
    pending: 'About to fire',
    rules: 'Rules that are evaluated',
    more: 'and more',
    silenced: 'silenced',
    unknown: { no_data: 'was never measured', error: 'could not be evaluated' },
  },
  es: {
    firing: 'Activas',
    pending: 'A punto de activarse',
    rules: 'Reglas que se evalúan',
    more: 'y más',
    silenced: 'silenciada',
    unknown: { no_data: 'nunca se ha medido', error: 'no se ha podido evaluar' },
  },
};
