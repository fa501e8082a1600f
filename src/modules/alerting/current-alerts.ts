import { Injectable } from '@nestjs/common';
import { DeliveryService, InhibitionRules, silenceOf, SilenceSource } from './delivery/index.js';
import { inhibitedRules } from './delivery/inhibition.policy.js';
import { overviewOf, type CurrentAlert } from './overview.policy.js';
import { RuleBoard } from './rule-state.js';

/** What is wrong now, whoever says so, and may be soon. It comes from memory, so that it is there while the database is away. */
@Injectable()
export class CurrentAlerts {
  constructor(
    private readonly delivery: DeliveryService,
    private readonly silences: SilenceSource,
    private readonly inhibition: InhibitionRules,
    private readonly board: RuleBoard,
  ) {}

  /** The worst first. */
  list(): readonly CurrentAlert[] {
    const firing = this.delivery.active();
    const silences = this.silences.silences();
    const now = Date.now();
    const inhibited = inhibitedRules(new Set(firing.map(({ rule }) => rule)), (rule) =>
      this.inhibition.inhibitorsOf(rule),
    );
    return overviewOf(firing, this.board.states(), {
      silencedBy: (alert) => silenceOf(alert, silences, now)?.id,
      isInhibited: (rule) => inhibited.has(rule),
    });
  }
}
