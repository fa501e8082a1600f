import pg from 'pg';
import { PoolExhaustedError } from './database.errors.js';
import { PoolWaits } from './pool-waits.js';
import { SlowStatements } from './slow-statements.js';

export type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

interface CheckedPoolOptions extends pg.PoolConfig {
  /** Milliseconds of idleness after which a connection is checked before it is handed out. */
  checkAfter?: number;
  /** Milliseconds from which a statement is logged as slow; 0 or nothing for never. */
  slowStatement?: number;
}

/** What `pg` says when nobody gave a connection back in time; for a new connection it has other words. */
const GAVE_UP = 'timeout exceeded when trying to connect';

export interface PoolCounts {
  readonly size: number;
  readonly in_use: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The same with how busy the pool is. */
export interface PoolReport extends PoolCounts {
  /** Part of the connections in use, from 0 to 1. */
  readonly utilisation: number;
  readonly wait_p95_seconds: number;
  readonly exhausted_total: number;
}

/**
 * The pool of `pg` with two additions: a connection that has been idle for a while is checked before it is handed out,
 * so that after a restart of the server no request is given a dead one; and it knows how long its callers wait. TypeORM
 * makes its pool from this class.
 */
export class CheckedPool extends pg.Pool {
  private readonly releasedAt = new WeakMap<object, number>();
  /** How long callers wait. */
  readonly waits = new PoolWaits();
  private readonly checkAfter: number;
  private readonly size: number;

  constructor(options: CheckedPoolOptions) {
    super(options);
    this.checkAfter = options.checkAfter ?? 5000;
    this.size = options.max ?? 10;
    // A connection can break while somebody holds it. The statement under way fails; unheard, the event would end the process.
    this.on('connect', (client) => client.on('error', () => undefined));
    if (options.slowStatement) {
      const slow = new SlowStatements(options.slowStatement);
      this.on('connect', (client) => {
        slow.watch(client);
      });
    }
    this.on('release', (_error, client) => this.releasedAt.set(client, Date.now()));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    if (!callback) return this.connectTimed();
    this.connectTimed().then(
      (client) => {
        callback(undefined, client, (error) => {
          client.release(error ?? !isClean(client));
        });
      },
      (error: unknown) => {
        callback(error as Error, undefined, () => undefined);
      },
    );
  }

  /** Connections at this moment. */
  counts(): PoolCounts {
    const { totalCount, idleCount, waitingCount, size } = this;
    return { size, in_use: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /** Connections at this moment, and how long callers waited for one of late. */
  report(): PoolReport {
    const counts = this.counts();
    return {
      ...counts,
      utilisation: counts.in_use / counts.size,
      wait_p95_seconds: this.waits.p95(),
      exhausted_total: this.waits.exhausted,
    };
  }

  /** @throws PoolExhaustedError when no connection became free in time */
  private async connectTimed(): Promise<pg.PoolClient> {
    const { in_use, idle, waiting } = this.counts();
    const mustWait = in_use + idle >= this.size && waiting >= idle;
    const started = performance.now();
    try {
      const client = await this.connectChecked();
      this.waits.record(mustWait ? 'waited' : 'immediate', (performance.now() - started) / 1000);
      return client;
    } catch (error) {
      if (!(error instanceof Error) || error.message !== GAVE_UP) throw error;
      this.waits.record('exhausted', (performance.now() - started) / 1000);
      throw new PoolExhaustedError();
    }
  }

  private async connectChecked(): Promise<pg.PoolClient> {
    const client = await super.connect();
    const idleSince = this.releasedAt.get(client);
    if (idleSince === undefined || Date.now() - idleSince < this.checkAfter) return client;
    try {
      await client.query('SELECT 1');
      return client;
    } catch (error) {
      client.release(error as Error);
      return this.connectChecked();
    }
  }
}

/**
 * Whether nothing is left on a connection: no transaction, no statement under way. When a statement is given up (its
 * answer did not come in time), so is the ROLLBACK behind it; handed on, the connection would let somebody else commit it.
 */
function isClean(client: pg.PoolClient): boolean {
  const { _activeQuery: running } = client as unknown as { _activeQuery: unknown };
  return running === null && client.getTransactionStatus() === 'I';
}
