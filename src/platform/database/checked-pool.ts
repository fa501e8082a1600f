import pg from 'pg';

export type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

interface CheckedPoolOptions extends pg.PoolConfig {
  /** Milliseconds of idleness after which a connection is checked before it is handed out. */
  checkAfter?: number;
}

export interface PoolCounts {
  readonly size: number;
  readonly in_use: number;
  readonly idle: number;
  readonly waiting: number;
}

/**
 * The pool of `pg` with one addition: a connection that has been idle for a while is checked before it is handed out,
 * so that after a restart of the server no request is given a dead one. TypeORM makes its pool from this class.
 */
export class CheckedPool extends pg.Pool {
  private readonly releasedAt = new WeakMap<object, number>();
  private readonly checkAfter: number;
  private readonly size: number;

  constructor(options: CheckedPoolOptions) {
    super(options);
    this.checkAfter = options.checkAfter ?? 5000;
    this.size = options.max ?? 10;
    // A connection can break while somebody holds it. The statement under way fails; unheard, the event would end the process.
    this.on('connect', (client) => client.on('error', () => undefined));
    this.on('release', (_error, client) => this.releasedAt.set(client, Date.now()));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    if (!callback) return this.connectChecked();
    this.connectChecked().then(
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
