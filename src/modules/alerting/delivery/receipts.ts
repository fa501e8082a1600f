import type { AlertChannel } from '../../../platform/config/index.js';
import type { Attempted } from './channel-queue.js';
import type { Clock } from './clock.js';
import type { Receipt } from './delivery.status.js';
import type { Outbox } from './outbox.js';

/** Attempts after which a channel that has not accepted is not waited for any more. */
const ENOUGH = 2;

/** Collects what becomes of one note at each channel. */
export class Receipts {
  private readonly found: Map<AlertChannel, Receipt>;
  private readonly stopListening: () => void;
  private readonly begun: number;
  private finish: () => void = () => undefined;

  constructor(
    outbox: Outbox,
    private readonly id: string,
    private readonly clock: Clock,
  ) {
    this.begun = clock.now().mono;
    this.found = new Map(
      outbox.channels.map(({ name }) => [name, { channel: name, outcome: 'pending', attempts: 0, tookMs: 0 }]),
    );
    this.stopListening = outbox.listen((attempted) => {
      this.note(attempted);
    });
  }

  /** @param limit longest wait in milliseconds */
  async within(limit: number): Promise<Receipt[]> {
    let timer: NodeJS.Timeout | undefined;
    if (!this.isSettled())
      await new Promise<void>((resolve) => {
        this.finish = resolve;
        timer = setTimeout(resolve, limit);
      });
    clearTimeout(timer);
    this.stopListening();
    const tookMs = this.elapsed();
    return [...this.found.values()].map((one) => (one.outcome === 'pending' ? { ...one, tookMs } : one));
  }

  private note({ id, channel, outcome, attempts, code }: Attempted): void {
    if (id !== this.id) return;
    this.found.set(channel, {
      channel,
      outcome: outcome === 'accepted' ? 'accepted' : 'failed',
      attempts,
      tookMs: this.elapsed(),
      ...(code === undefined ? {} : { code }),
    });
    if (this.isSettled()) this.finish();
  }

  private isSettled(): boolean {
    return [...this.found.values()].every(({ outcome, attempts }) => outcome === 'accepted' || attempts >= ENOUGH);
  }

  private elapsed(): number {
    return Math.round(this.clock.now().mono - this.begun);
  }
}
