import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AlertingConfig, AlertingWatchConfig, VERSION } from '../../../platform/config/index.js';
import { Metrics } from '../../../platform/observability/index.js';
import { Rounds } from '../rounds.js';
import { AlertingCondition } from './condition.js';

/** Milliseconds between two looks, at most: so late a ping is tried again that has failed. */
const LOOK_EVERY = 5000;
/** Longest ping, in milliseconds. */
const TIME_LIMIT = 10_000;

/** How the heartbeat stands: `off` where no address is set. */
export type HeartbeatState = 'off' | 'waiting' | 'sent' | 'failed' | 'withheld';

/**
 * The dead man's switch: asks an address elsewhere again and again, but only while alerting itself is well. Whoever is
 * there raises the alarm at its silence, whatever the reason.
 */
@Injectable()
export class Heartbeat implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Alerting');
  private readonly stop = new AbortController();
  private readonly rounds: Rounds;
  private readonly interval: number;
  private readonly counts: (outcome: 'sent' | 'failed' | 'withheld') => void;
  /** When one was taken last, by `performance.now()`. */
  private sentAt = -Infinity;
  /** The same in seconds since 1970. */
  private lastSuccess: number | undefined;
  private now: HeartbeatState;

  constructor(
    private readonly condition: AlertingCondition,
    private readonly config: AlertingWatchConfig,
    alerting: AlertingConfig,
    metrics: Metrics,
  ) {
    this.interval = config.heartbeatInterval * 1000;
    this.now = config.heartbeatUrl === undefined || !alerting.isEnabled ? 'off' : 'waiting';
    this.rounds = new Rounds(Math.min(LOOK_EVERY, this.interval), () => this.look());
    const counter = metrics.counter('alert_heartbeats_total', "Pings of the dead man's switch", ['outcome']);
    this.counts = (outcome) => {
      counter.labels(outcome).inc();
    };
    metrics.gauge(
      'alert_heartbeat_last_success_timestamp_seconds',
      "When the dead man's switch was last told that all is well",
      (gauge) => {
        if (this.lastSuccess !== undefined) gauge.set(this.lastSuccess);
        else gauge.remove();
      },
    );
  }

  get state(): HeartbeatState {
    return this.now;
  }

  onApplicationBootstrap(): void {
    if (this.now !== 'off') this.rounds.begin(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    await this.rounds.end();
  }

  /** Pings where it is time, and all is well. */
  async look(): Promise<void> {
    const { heartbeatUrl } = this.config;
    // A twentieth early rather than a whole look late.
    if (heartbeatUrl === undefined || performance.now() - this.sentAt < 0.95 * this.interval) return;
    const { isWell, faults } = this.condition.look();
    if (!isWell) {
      this.is('withheld', { faults });
      return;
    }
    const began = performance.now();
    const code = await this.ping(heartbeatUrl);
    if (this.stop.signal.aborted) return;
    if (code === undefined) {
      this.sentAt = began;
      this.lastSuccess = Date.now() / 1000;
    }
    this.is(code === undefined ? 'sent' : 'failed', code === undefined ? {} : { code });
  }

  /** @returns why it was not taken, in a word: the address may hold a secret, and so may errors that quote it */
  private async ping(url: string): Promise<string | undefined> {
    try {
      const response = await fetch(url, {
        redirect: 'error',
        headers: { 'user-agent': `family-assistant/${VERSION}` },
        signal: AbortSignal.any([AbortSignal.timeout(TIME_LIMIT), this.stop.signal]),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `http_${String(response.status)}`;
    } catch (error) {
      return faultOf(error);
    }
  }

  private is(state: 'sent' | 'failed' | 'withheld', details: object): void {
    this.counts(state);
    if (state !== this.now) {
      if (state !== 'sent')
        this.logger.warn({ state, ...details }, 'the dead man’s switch is not told that all is well');
      else if (this.now !== 'waiting')
        this.logger.log({ state }, 'the dead man’s switch is told again that all is well');
    }
    this.now = state;
  }
}

function faultOf(error: unknown): string {
  const { name, cause } = error as { readonly name?: unknown; readonly cause?: unknown };
  if (name === 'TimeoutError') return 'timeout';
  const { code } = (typeof cause === 'object' && cause !== null ? cause : {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code.toLowerCase() : 'unreachable';
}
