import type { DeliveryOptions } from '../../../src/modules/alerting/delivery/delivery.js';
import {
  AlertHistorySink,
  InhibitionRules,
  SilenceSource,
  type HistoryEntry,
  type Silence,
} from '../../../src/modules/alerting/delivery/ports.js';

/** Silences, inhibitions and a history that a test sets. */
export class TestPorts {
  readonly silenced: Silence[] = [];
  readonly inhibitors: Record<string, readonly string[]> = {};
  readonly stored: HistoryEntry[] = [];
  isAway = false;

  get options(): Pick<DeliveryOptions, 'silences' | 'rules' | 'history'> {
    return {
      silences: new (class extends SilenceSource {
        constructor(private readonly list: readonly Silence[]) {
          super();
        }
        override silences(): readonly Silence[] {
          return this.list;
        }
      })(this.silenced),
      rules: new (class extends InhibitionRules {
        constructor(private readonly of: TestPorts['inhibitors']) {
          super();
        }
        override inhibitorsOf(rule: string): readonly string[] {
          return this.of[rule] ?? [];
        }
      })(this.inhibitors),
      history: new (class extends AlertHistorySink {
        constructor(private readonly ports: TestPorts) {
          super();
        }
        override store(entries: readonly HistoryEntry[]): Promise<void> {
          if (this.ports.isAway) return Promise.reject(new Error('away'));
          this.ports.stored.push(...entries);
          return Promise.resolve();
        }
      })(this),
    };
  }
}
