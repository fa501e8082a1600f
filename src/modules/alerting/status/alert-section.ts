import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  StatusRegistry,
  type SectionContent,
  type SectionState,
  type StatusLanguage,
  type StatusRow,
} from '../../../platform/status/index.js';
import type { Severity } from '../alert.js';
import { clip } from '../channels/index.js';
import { CurrentAlerts } from '../current-alerts.js';
import type { CurrentAlert } from '../overview.policy.js';
import { RuleBoard } from '../rule-state.js';
import { ALERT_SECTION_TEXTS } from './alert-section.texts.js';

/** Rules that are named one by one; of the rest there is the number. */
const SHOWN = 20;
/** Characters of a name: an alert from outside has any. */
const LONGEST_NAME = 80;

const STATES: Readonly<Record<Severity, SectionState>> = { critical: 'error', warning: 'warning', info: 'ok' };

/** The alerts that fire, whoever says so, on the status page: names of rules and since when, no labels. */
@Injectable()
export class AlertSection implements OnModuleInit {
  constructor(
    private readonly registry: StatusRegistry,
    private readonly current: CurrentAlerts,
    private readonly board: RuleBoard,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      id: 'alerts',
      title: { en: 'Alerts', es: 'Alertas' },
      permission: 'alert:read',
      read: (language) => this.read(language),
    });
  }

  private read(language: StatusLanguage): SectionContent {
    const t = ALERT_SECTION_TEXTS[language];
    const alerts = this.current.list();
    const rulesIn = (...states: readonly CurrentAlert['state'][]): readonly (readonly CurrentAlert[])[] => [
      ...Map.groupBy(
        alerts.filter(({ state }) => states.includes(state)),
        ({ source, rule, severity, silencedBy }) => JSON.stringify([source, rule, severity, isSilenced(silencedBy)]),
      ).values(),
    ];
    const firing = rulesIn('firing');
    const unknown = rulesIn('no_data', 'error');
    const worst = alerts.find(({ state, silencedBy }) => state === 'firing' && !isSilenced(silencedBy));
    const state = worst ? STATES[worst.severity] : 'ok';
    return {
      state: state !== 'ok' ? state : unknown.length > 0 ? 'warning' : 'ok',
      rows: [
        { label: t.firing, value: firing.length },
        ...shown(
          firing.map((ofRule) => firingRow(ofRule, t.silenced)),
          t.more,
        ),
        { label: t.pending, value: rulesIn('pending').length },
        ...shown(
          unknown.flatMap(([first]) => (first ? [unknownRow(first, t.unknown)] : [])),
          t.more,
        ),
        { label: t.rules, value: this.board.states().length },
      ],
    };
  }
}

const isSilenced = (silencedBy: string | undefined): boolean => silencedBy !== undefined;

/** A rule, and since when the first of its alerts fires. One that somebody has silenced alarms nobody here either. */
function firingRow(ofRule: readonly CurrentAlert[], silenced: string): StatusRow {
  const [{ rule = '', severity = 'info', silencedBy } = {}] = ofRule as readonly Partial<CurrentAlert>[];
  const since = ofRule.flatMap((alert) => alert.since ?? []);
  const value = since.length > 0 ? new Date(Math.min(...since)) : null;
  const label = clip(rule, LONGEST_NAME);
  return isSilenced(silencedBy)
    ? { label: `${label} (${silenced})`, value }
    : { label, value, state: STATES[severity] };
}

const unknownRow = (
  { rule, state }: CurrentAlert,
  texts: Readonly<Record<'no_data' | 'error', string>>,
): StatusRow => ({
  label: rule,
  value: state === 'no_data' ? texts.no_data : texts.error,
  state: 'unknown',
});

const shown = (rows: readonly StatusRow[], more: string): readonly StatusRow[] =>
  rows.length > SHOWN ? [...rows.slice(0, SHOWN), { label: more, value: rows.length - SHOWN }] : rows;
