import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { sqlWithoutTexts } from '../observability/sql-text.js';

/** Lines in a minute, in milliseconds, at most; the next one after it says how many were left out. */
const LINES = 20;
const MINUTE = 60_000;
/** Longest statement in a line, in characters. */
const LONGEST = 500;

type Query = (...args: unknown[]) => unknown;

/** Logs statements for which the database takes long: their text without the texts in it, never a value. */
export class SlowStatements {
  private readonly logger = new Logger('Database');
  private begunAt = -Infinity;
  private written = 0;
  private omitted = 0;

  /** @param limit in milliseconds */
  constructor(private readonly limit: number) {}

  /** From now on the statements of this connection are timed. */
  watch(client: pg.ClientBase): void {
    const query = client.query.bind(client) as Query;
    const timed: Query = (...args) => {
      const started = performance.now();
      const done = (): void => {
        const took = performance.now() - started;
        if (took >= this.limit) this.tell(args[0], took);
      };
      const last = args.at(-1);
      if (typeof last === 'function') {
        const callback = last as Query;
        return query(...args.slice(0, -1), (...results: unknown[]) => {
          done();
          callback(...results);
        });
      }
      const result = query(...args);
      if (result instanceof Promise) result.then(done, done);
      return result;
    };
    Object.assign(client, { query: timed });
  }

  /** @param now milliseconds by a clock that nobody sets */
  tell(statement: unknown, milliseconds: number, now = performance.now()): void {
    if (now - this.begunAt >= MINUTE) {
      this.begunAt = now;
      this.written = 0;
    }
    if (this.written >= LINES) {
      this.omitted += 1;
      return;
    }
    this.written += 1;
    const { name, text } = partsOf(statement);
    const line = {
      statement: sqlWithoutTexts(text, LONGEST),
      ...(name === undefined ? {} : { statement_name: name }),
      duration_ms: Math.round(milliseconds),
      ...(this.omitted > 0 ? { omitted: this.omitted } : {}),
    };
    this.omitted = 0;
    this.logger.warn(line, 'a statement was slow');
  }
}

function partsOf(statement: unknown): { name?: string; text: string } {
  if (typeof statement === 'string') return { text: statement };
  const { name, text } = (statement ?? {}) as { name?: unknown; text?: unknown };
  return { ...(typeof name === 'string' ? { name } : {}), text: typeof text === 'string' ? text : '' };
}
