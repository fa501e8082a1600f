import { Injectable, Logger } from '@nestjs/common';
import { isDatabaseUnavailable, TransactionRunner } from '../../../platform/database/index.js';
import { AlertHistorySink, type HistoryEntry } from '../delivery/index.js';
import { ChannelsRepository } from './channels.repository.js';
import { HistoryRepository, type NewEpisode, type NewNotification } from './history.repository.js';
import { newEpisode } from './new-episode.js';

/** Brings what happened from the journal into the database, for those who ask later; what comes again changes nothing. */
@Injectable()
export class HistoryMirror extends AlertHistorySink {
  private readonly logger = new Logger('Alerting');

  constructor(
    private readonly runner: TransactionRunner,
    private readonly history: HistoryRepository,
    private readonly channels: ChannelsRepository,
  ) {
    super();
  }

  override async store(entries: readonly HistoryEntry[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    try {
      await this.storeAll(entries);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      // One that the database refuses must not keep all others out for ever.
      for (const entry of entries) await this.storeOne(entry, signal);
    }
  }

  private async storeOne(entry: HistoryEntry, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    try {
      await this.storeAll([entry]);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      this.logger.error({ err: error, kind: entry.kind }, 'the history refuses an entry, which is left out');
    }
  }

  private async storeAll(entries: readonly HistoryEntry[]): Promise<void> {
    const episodes = episodesOf(entries);
    const notifications = notificationsOf(entries);
    const verified = verifiedIn(entries);
    await this.runner.runAsIdentity(async (tx) => {
      if (episodes.length > 0) await this.history.saveEpisodes(tx, episodes);
      if (notifications.length > 0) await this.history.saveNotifications(tx, notifications);
      if (verified.size > 0) await this.channels.verified(tx, verified);
    });
  }
}

/** One row for each episode, whatever the entries say of it: a statement may not change a row twice. */
function episodesOf(entries: readonly HistoryEntry[]): readonly NewEpisode[] {
  const rows = new Map<string, NewEpisode>();
  for (const entry of entries) {
    if (entry.kind !== 'began' && entry.kind !== 'ended') continue;
    const { fingerprint, startsAt, endsAt } = entry.alert;
    const key = `${fingerprint}/${String(startsAt)}`;
    const known = rows.get(key);
    const isEnd = entry.kind === 'ended';
    const began_at = isEnd ? (known?.began_at ?? null) : Math.max(Math.round(entry.at), known?.began_at ?? 0);
    const end = isEnd ? Math.round(endsAt ?? entry.at) : (known?.ends_at ?? null);
    // Told in order: what begins after its end goes on.
    const ends_at = !isEnd && end !== null && end < entry.at ? null : end;
    rows.set(key, newEpisode(entry.alert, { ends_at, began_at }, known?.id));
  }
  return [...rows.values()];
}

function notificationsOf(entries: readonly HistoryEntry[]): readonly NewNotification[] {
  return entries.flatMap((entry) =>
    entry.kind === 'notified' || entry.kind === 'undelivered'
      ? [
          {
            id: entry.id,
            notification: entry.notification,
            channel: entry.channel,
            outcome: entry.kind,
            code: entry.code ?? null,
            attempts: entry.attempts,
            at: Math.round(entry.at),
            episodes: entry.episodes.map(
              ({ fingerprint, startsAt }) => `${fingerprint}/${String(Math.round(startsAt))}`,
            ),
          },
        ]
      : [],
  );
}

function verifiedIn(entries: readonly HistoryEntry[]): ReadonlyMap<string, number> {
  const verified = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind === 'notified')
      verified.set(entry.channel, Math.max(Math.round(entry.at), verified.get(entry.channel) ?? 0));
  }
  return verified;
}
