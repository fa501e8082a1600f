import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  StatusRegistry,
  type SectionContent,
  type SectionState,
  type StatusLanguage,
  type StatusRow,
} from '../../../platform/status/index.js';
import type { Severity } from '../alert.js';
import { RuleBoard, type RuleState } from '../rule-state.js';
import { ALERT_SECTION_TEXTS } from './alert-section.texts.js';

/** Rules that are named one by one; of the rest there is the number. */
const SHOWN = 20;

const STATES: Readonly<Record<Severity, SectionState>> = { critical: 'error', warning: 'warning', info: 'ok' };
const WORST_FIRST: readonly Severity[] = ['critical', 'warning', 'info'];

/** The alerts that fire, on the status page: names of rules and since when, no labels. */
@Injectable()
export class AlertSection implements OnModuleInit {
  constructor(
    private readonly registry: StatusRegistry,
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
    const rules = this.board.states();
    const inState = (state: RuleState['state']): RuleState[] =>
      rules
        .filter((rule) => rule.state === state)
        .sort((one, other) => WORST_FIRST.indexOf(one.severity) - WORST_FIRST.indexOf(other.severity));
    const firing = inState('firing');
    const unknown = [...inState('no_data'), ...inState('error')];
    const worst = firing[0] && STATES[firing[0].severity];
    return {
      state: worst && worst !== 'ok' ? worst : unknown.length > 0 ? 'warning' : 'ok',
      rows: [
        { label: t.firing, value: firing.length },
        ...shown(firing.map(firingRow), t.more),
        { label: t.pending, value: inState('pending').length },
        ...shown(
          unknown.map(({ rule, state }) => ({
            label: rule,
            value: state === 'no_data' ? t.unknown.no_data : t.unknown.error,
            state: 'unknown',
          })),
          t.more,
        ),
        { label: t.rules, value: rules.length },
      ],
    };
  }
}

/** A rule, since when the first of its series has been wrong. */
const firingRow = ({ rule, severity, instances }: RuleState): StatusRow => {
  const since = instances.filter(({ state }) => state === 'firing').map(({ activeAt }) => activeAt);
  return { label: rule, value: since.length > 0 ? new Date(Math.min(...since)) : null, state: STATES[severity] };
};

const shown = (rows: readonly StatusRow[], more: string): readonly StatusRow[] =>
  rows.length > SHOWN ? [...rows.slice(0, SHOWN), { label: more, value: rows.length - SHOWN }] : rows;
