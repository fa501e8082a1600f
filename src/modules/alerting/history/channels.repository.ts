import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';

/** Every query on what the processes tell each other of channels and of signs of life from outside. */
@Injectable()
export class ChannelsRepository {
  /** Remembers when channels took something. @param at by channel, in milliseconds since 1970 */
  async verified(tx: Transaction, at: ReadonlyMap<string, number>): Promise<void> {
    await managerOf(tx).query(
      `INSERT INTO alert_channels (channel, verified_at)
       SELECT channel, least(to_timestamp(at / 1000.0), now())
       FROM jsonb_to_recordset($1::jsonb) AS n(channel text, at bigint)
       ON CONFLICT (channel) DO UPDATE SET verified_at = greatest(alert_channels.verified_at, EXCLUDED.verified_at)`,
      [JSON.stringify([...at].map(([channel, time]) => ({ channel, at: time })))],
    );
  }

  /** Seconds since each channel took something, by the clock of the database. */
  async ages(tx: Transaction): Promise<ReadonlyMap<string, number>> {
    const rows = await managerOf(tx).query<{ channel: string; age: number }[]>(
      'SELECT channel, extract(epoch FROM now() - verified_at)::float8 AS age FROM alert_channels',
    );
    return new Map(rows.map(({ channel, age }) => [channel, age]));
  }

  /** Remembers that a watchdog was heard just now. */
  async heard(tx: Transaction, name: string): Promise<void> {
    await managerOf(tx).query(
      `INSERT INTO alert_watchdogs (name, seen_at) VALUES ($1, now())
       ON CONFLICT (name) DO UPDATE SET seen_at = EXCLUDED.seen_at`,
      [name],
    );
  }

  /** Seconds since a watchdog was heard, by the clock of the database; undefined where it never was. */
  async silence(tx: Transaction, name: string): Promise<number | undefined> {
    const [row] = await managerOf(tx).query<{ age: number }[]>(
      'SELECT extract(epoch FROM now() - seen_at)::float8 AS age FROM alert_watchdogs WHERE name = $1',
      [name],
    );
    return row && Math.max(0, row.age);
  }
}
