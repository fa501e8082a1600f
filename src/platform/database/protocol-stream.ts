import { Duplex } from 'node:stream';

/** An embedded engine, as data sources and clients of `pg` see it. */
export interface Engine {
  /** A connection as `pg` wants it (its `stream` option). */
  connect(): Duplex;
}

/** What carries out the messages of the wire protocol, one after the other. */
export interface ProtocolEngine {
  /** Drops what the last connection has left in the one session: a transaction, statements. */
  reset(): Promise<unknown>;
  exchange(message: Uint8Array): Promise<Uint8Array>;
}

/** Carries the wire protocol between `pg` and the embedded engine. */
export class ProtocolStream extends Duplex {
  constructor(private readonly engine: ProtocolEngine) {
    super();
  }

  /** A new connection inherits the one session; what the last one left in it (a transaction, statements) is dropped. */
  connect(): this {
    void this.engine.reset().then(
      () => this.emit('connect'),
      (error: unknown) => this.destroy(error as Error),
    );
    return this;
  }

  override _read(): void {
    // Answers are pushed as they come.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.exchange(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.exchange(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  /** Whoever ends the connection is told that it has ended, as by a server. */
  override _final(done: (error?: Error | null) => void): void {
    this.push(null);
    done();
  }

  private exchange(message: Buffer, done: (error?: Error | null) => void): void {
    this.engine.exchange(message).then(
      (answer) => {
        if (answer.length > 0 && !this.destroyed && !this.readableEnded) this.push(Buffer.from(answer));
        done();
      },
      (error: unknown) => {
        done(error as Error);
      },
    );
  }

  // What `pg` asks of a socket besides.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
