import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { CommitNews } from '../../../platform/database/index.js';
import { MEMORY_CHANGED } from '../memories/memories.repository.js';

/** Who has read within this time counts as active, in milliseconds. */
const ACTIVE = 300_000;
const MOST = 500;
const MOST_OF_FAMILY = 20;
/** Milliseconds from a change to the warming, which so serves many changes. */
const DELAY = 1000;

interface Reading {
  readonly familyId: string;
  readonly again: () => Promise<unknown>;
}

/**
 * After a change, reads the profiles again that were read in the last minutes, so that the next reader finds them in
 * the cache. Each is read with the rights of who read it, which the database verifies as for any request; that is why it
 * happens in the process that served them. One at a time: requests come first.
 */
@Injectable()
export class ProfileWarmer implements OnModuleInit, OnModuleDestroy {
  private readonly recent = new LRUCache<string, Reading>({ max: MOST, ttl: ACTIVE });
  private readonly changed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isClosing = false;

  constructor(private readonly news: CommitNews) {}

  onModuleInit(): void {
    this.news.listen(MEMORY_CHANGED, ({ familyId }) => {
      this.changed.add(familyId);
      this.schedule();
    });
  }

  /** Somebody has read. @param key of who read what; @param again reads the same */
  seen(familyId: string, key: string, again: () => Promise<unknown>): void {
    this.recent.set(key, { familyId, again });
  }

  async onModuleDestroy(): Promise<void> {
    this.isClosing = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    if (this.timer || this.isClosing) return;
    this.timer = setTimeout(() => {
      this.running = this.warm().finally(() => {
        this.timer = undefined;
        if (this.changed.size > 0) this.schedule();
      });
    }, DELAY).unref();
  }

  private async warm(): Promise<void> {
    const families = new Set(this.changed);
    this.changed.clear();
    const counts = new Map<string, number>();
    for (const [key, { familyId, again }] of [...this.recent.entries()]) {
      const count = counts.get(familyId) ?? 0;
      if (this.isClosing) return;
      if (!families.has(familyId) || count >= MOST_OF_FAMILY) continue;
      counts.set(familyId, count + 1);
      // Whose session has ended, or who may not read it any more, is active no longer.
      await again().catch(() => this.recent.delete(key));
    }
  }
}
