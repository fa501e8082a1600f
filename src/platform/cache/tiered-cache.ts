import { createHash } from 'node:crypto';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { CacheCounters } from '../observability/index.js';
import { open, seal } from './seal.js';
import { SharedCache } from './shared-cache.js';

/** Longest life of an entry, in milliseconds. */
export const LONGEST = 300_000;
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_ENTRIES = 20_000;
/** What has expired is thrown away that often, in milliseconds, even where nobody asks for it. */
const SWEEP = 10_000;

/** Where an answer is kept. */
export interface Slot {
  /** What is forgotten at once: a family. */
  readonly group: string;
  /** Names the state that the answer is of, as no other; a secret, because entries in Redis are sealed with it. */
  readonly version: string;
  /** Everything else that the answer depends on: the viewer, the request. */
  readonly key: string;
  /** The time by the clock of the database, in milliseconds. */
  readonly now: number;
}

/** A fresh answer, as JSON. */
export interface Loaded {
  readonly text: string;
  /** Until when it stays true if nothing changes, by the clock of the database; undefined for what must not be kept. */
  readonly until: number | undefined;
}

interface Entry {
  readonly text: string;
  readonly until: number;
  readonly group: string;
}

interface Flight {
  readonly group: string;
  readonly answer: Promise<string>;
  /** What it brings is no longer wanted by anybody who comes later. */
  isForgotten: boolean;
}

/** Entries of one group; all of one version. */
interface Group {
  readonly version: string;
  readonly ids: Set<string>;
}

/**
 * Answers for slots: from this process, then from Redis, then computed, once for all who ask at the same time. Whether
 * one is still true is decided by its slot, which whoever asks has just read from the database: no clock of this machine
 * and no message between processes has a say in it.
 */
@Injectable()
export class TieredCache implements OnModuleDestroy {
  private readonly groups = new Map<string, Group>();
  private readonly flights = new Map<string, Flight>();
  private readonly entries = new LRUCache<string, Entry>({
    max: MOST_ENTRIES,
    maxSize: MOST_BYTES,
    sizeCalculation: ({ text }) => text.length * 2 + 200,
    ttl: LONGEST,
    dispose: ({ group }, id) => {
      this.leave(group, id);
    },
  });
  private readonly sweeper = setInterval(() => this.entries.purgeStale(), SWEEP).unref();

  constructor(private readonly shared: SharedCache) {}

  /** @param load its failure is the caller's alone: whoever waited for it loads again */
  async through(slot: Slot, counters: CacheCounters, load: () => Promise<Loaded>): Promise<string> {
    const id = idOf(slot);
    this.outdate(slot);
    const known = this.entries.get(id);
    if (known && known.until > slot.now) {
      counters.hit();
      return known.text;
    }
    const flight = this.flights.get(id);
    if (flight && !flight.isForgotten) {
      counters.shared();
      return flight.answer.catch(async () => (await load()).text);
    }
    return this.fly(id, slot, counters, load);
  }

  /** Drops everything of a group, here and in Redis; what is being computed is not kept. */
  async forget(group: string): Promise<void> {
    for (const id of this.groups.get(group)?.ids ?? []) this.entries.delete(id);
    for (const flight of this.flights.values()) if (flight.group === group) flight.isForgotten = true;
    await this.shared.drop(group);
  }

  onModuleDestroy(): void {
    clearInterval(this.sweeper);
    this.entries.clear();
  }

  private async fly(id: string, slot: Slot, counters: CacheCounters, load: () => Promise<Loaded>): Promise<string> {
    const flight: Flight = {
      group: slot.group,
      isForgotten: false,
      answer: this.find(id, slot, counters, load, () => !flight.isForgotten),
    };
    this.flights.set(id, flight);
    try {
      return await flight.answer;
    } finally {
      if (this.flights.get(id) === flight) this.flights.delete(id);
    }
  }

  private async find(
    id: string,
    slot: Slot,
    counters: CacheCounters,
    load: () => Promise<Loaded>,
    isWanted: () => boolean,
  ): Promise<string> {
    const elsewhere = await this.findShared(id, slot);
    if (elsewhere) {
      counters.hit();
      if (isWanted()) this.keep(id, slot, elsewhere);
      return elsewhere.text;
    }
    counters.miss();
    const { text, until } = await load();
    if (until === undefined || until <= slot.now || !isWanted()) return text;
    const entry = { text, until: Math.min(until, slot.now + LONGEST), group: slot.group };
    this.keep(id, slot, entry);
    const sealed = seal(JSON.stringify([entry.until, text]), slot.version, id);
    void this.shared.put(slot.group, digest(slot.version), id, sealed, Math.ceil(entry.until - slot.now));
    return text;
  }

  private async findShared(id: string, { group, version, now }: Slot): Promise<Entry | undefined> {
    const sealed = await this.shared.get(group, id);
    const opened = sealed && open(sealed, version, id);
    if (opened === undefined) return undefined;
    const [until, text] = JSON.parse(opened) as [number, string];
    return until > now ? { text, until, group } : undefined;
  }

  private keep(id: string, slot: Slot, entry: Entry): void {
    this.outdate(slot);
    this.entries.set(id, entry, { ttl: Math.max(1, Math.min(LONGEST, entry.until - slot.now)) });
    if (!this.entries.has(id)) return;
    const group = this.groups.get(slot.group) ?? { version: slot.version, ids: new Set() };
    group.ids.add(id);
    this.groups.set(slot.group, group);
  }

  /** What is of another version is thrown away: nobody asks for it again. */
  private outdate({ group, version }: Slot): void {
    const known = this.groups.get(group);
    if (known && known.version !== version) for (const id of known.ids) this.entries.delete(id);
  }

  private leave(name: string, id: string): void {
    const group = this.groups.get(name);
    group?.ids.delete(id);
    if (group?.ids.size === 0) this.groups.delete(name);
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Tells nothing of what it stands for: the version in it is a secret. */
const idOf = ({ group, version, key }: Slot): string => digest(JSON.stringify([group, version, key]));
