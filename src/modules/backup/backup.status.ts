import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  StatusRegistry,
  type SectionContent,
  type SectionState,
  type StatusLanguage,
  type StatusRow,
} from '../../platform/status/index.js';
import { receiverStateOf, recoveryPointOf, stateOf, type BackupState } from './backup.policy.js';
import { BACKUP_STATUS_TEXTS } from './backup.status.texts.js';
import { HouseholdBackups } from './household.service.js';
import { RunsRepository, type Summary } from './runs.repository.js';

const STATES: Readonly<Record<BackupState, SectionState>> = {
  ok: 'ok',
  off: 'off',
  none: 'warning',
  not_verified: 'warning',
  unproved: 'warning',
  stale: 'error',
  failing: 'error',
};

/** The last backup, and the last one that was proved, on the status page. */
@Injectable()
export class BackupStatus implements OnModuleInit {
  constructor(
    private readonly registry: StatusRegistry,
    private readonly runs: RunsRepository,
    private readonly backups: HouseholdBackups,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      id: 'backups',
      title: { en: 'Backups', es: 'Copias de seguridad' },
      permission: 'backup:read',
      read: (language) => this.read(language),
    });
  }

  private async read(language: StatusLanguage): Promise<SectionContent> {
    const summary = await this.runs.summary();
    const t = BACKUP_STATUS_TEXTS[language];
    const state = stateOf(summary, this.backups.watched);
    const receiver = receiverStateOf(summary);
    const isUnheard = receiver === 'failing' || receiver === 'silent';
    return {
      state: isUnheard ? 'error' : STATES[state],
      rows: [
        { label: t.state, value: t.states[state] },
        ...(state === 'off' ? [] : this.rowsOf(summary, language)),
        ...(receiver === 'none'
          ? []
          : [
              {
                label: t.receiver,
                value: t.receivers[receiver],
                state: isUnheard ? ('error' as const) : ('ok' as const),
              },
            ]),
      ],
    };
  }

  private rowsOf(summary: Summary, language: StatusLanguage): StatusRow[] {
    const t = BACKUP_STATUS_TEXTS[language];
    const point = recoveryPointOf(summary);
    const lost = point && { seconds: Math.max(0, (summary.now.getTime() - point.getTime()) / 1000) };
    const faulty = summary.damaged + summary.missing;
    const fault = (label: string, code: string | null): StatusRow[] =>
      code === null ? [] : [{ label, value: code, state: 'error' }];
    return [
      { label: t.newest, value: summary.last_success_at },
      { label: t.verified, value: summary.last_verified_at },
      { label: t.lost, value: lost },
      ...(summary.drill_seconds === null ? [] : [{ label: t.drill, value: { seconds: summary.drill_seconds } }]),
      ...(faulty > 0 ? [{ label: t.faulty, value: faulty, state: 'error' as const }] : []),
      ...fault(t.error, summary.last_error),
      ...fault(t.verificationError, summary.last_verification_error),
    ];
  }
}
