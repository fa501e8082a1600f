import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { replaceFile } from '../../../platform/files.js';
import type { Labels } from '../alert.js';
import type { SavedInstance } from './engine/rule-engine.js';
import { Series } from './series/series.js';
import type { SeriesStore } from './series/series-store.js';

const VERSION = 1;
/** Samples beyond this are left out, those of short windows first: they come again within minutes. Bytes. */
const LARGEST = 8 * 2 ** 20;

interface SavedSeries {
  readonly labels: Labels;
  /** Base64 of 64-bit floating-point numbers, and of bytes. */
  readonly times: string;
  readonly values: string;
  readonly marks: string;
}

/** What is kept over a restart. */
export interface SavedState {
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  readonly instances: readonly SavedInstance[];
  readonly series: readonly SavedSeries[];
}

/** What of a store fits into the file. */
export function saveSeries(store: SeriesStore): SavedSeries[] {
  let room = LARGEST;
  return store
    .all()
    .sort((one, other) => other.keep - one.keep)
    .flatMap((series) => {
      room -= series.bytes;
      return room < 0 ? [] : [{ labels: series.labels, ...series.pack() }];
    });
}

/** Puts saved series back. @throws RangeError, SyntaxError when they are damaged */
export function restoreSeries(store: SeriesStore, saved: readonly SavedSeries[]): void {
  for (const { labels, ...packed } of saved) store.adopt(labels, (keep) => Series.unpack(labels, keep, packed));
}

/** A file of its own for each process, replaced as a whole. A damaged one is put aside. */
export class StateFile {
  constructor(private readonly path: string) {}

  static in(dataDir: string, instance: string): StateFile {
    return new StateFile(join(dataDir, 'alerting', `rules-${instance}.state`));
  }

  async write(state: SavedState): Promise<void> {
    const body = JSON.stringify(state);
    await replaceFile(this.path, `${String(crc32(body))}\n${body}`);
  }

  /** @returns undefined where there is none, `damaged` where there was one that cannot be used and lies beside it now */
  async read(): Promise<SavedState | 'damaged' | undefined> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const state = parseState(text);
    if (state) return state;
    await this.putAside();
    return 'damaged';
  }

  async putAside(): Promise<void> {
    await rename(this.path, `${this.path}.damaged`);
  }
}

function parseState(text: string): SavedState | undefined {
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  if (end < 0 || text.slice(0, end) !== String(crc32(body))) return undefined;
  const state = JSON.parse(body) as SavedState;
  return state.version === VERSION ? state : undefined;
}

export const newState = (
  savedAt: number,
  instances: readonly SavedInstance[],
  series: readonly SavedSeries[],
): SavedState => ({ version: VERSION, savedAt, instances, series });
