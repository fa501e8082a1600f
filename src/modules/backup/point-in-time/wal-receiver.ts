import { mkdir, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BackupError, toBackupError, unlessKept } from '../backup.errors.js';
import { Connection } from '../connection.repository.js';
import { exclusively, underFileLock, type Household } from '../exclusive.js';
import { placeOf } from '../postgresql/places.js';
import { openMaintenance } from '../postgresql/servers.repository.js';
import { faultIn, findPgTools, startTool, type RunningTool } from '../postgresql/pg-tools.js';
import { sha256 } from '../manifest.js';
import type { Target } from '../targets/target.js';
import { baseArchiveName, baseManifestName, readBases, type BaseManifest } from './base-manifest.js';
import { createBase } from './create-base.js';
import { decideWalRetention, needsBase } from './point-in-time.policy.js';
import { parseWalName, walName } from './wal-names.policy.js';
import { WalRepository, type WalServer, type WalStanding } from './wal.repository.js';
import { WalShipper } from './wal-shipper.js';

/** The server keeps its log until what has this name has confirmed it. */
export const SLOT = 'family_assistant_backup';

/** Milliseconds. */
const BEAT_EVERY = 10_000;
const LOOK_FOR_BASES_EVERY = 60_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 60_000;
/** For the answer of a server that may be gone without a word. */
const ANSWER_WITHIN = 30_000;
/** A session that lasted so long was a good one: the next pause is a short one again. */
const GOOD_SESSION = 60_000;
/** Part of what the slot may hold back that is left when it is said that it is running out. */
const LEFT_WHEN_WARNED = 0.25;

/** Works of the receiver, each of which goes on whatever happens to the others. */
type Work = 'log' | 'base' | 'heartbeat';

/** Is told what the receiver does: once for each change, not for each second. */
export type OnWalEvent = (
  event:
    | 'receiving'
    | 'rest_stored'
    | 'fault'
    | 'recovered'
    | 'slot_lost'
    | 'slot_in_danger'
    | 'no_limit'
    | 'base'
    | 'deleted',
  message: string,
  details?: Readonly<Record<string, unknown>>,
) => void;

/**
 * Receives the write-ahead log of a server as it is written, and stores it: so that the database can be brought back as
 * it was at any time. It runs in a process of its own and goes on through whatever happens to the server or the target;
 * what could not be stored is stored later.
 */
export class WalReceiver {
  /** What is wrong now, and with which of its works. */
  private readonly faults = new Map<Work, BackupError>();
  private warned = '';
  private hasBegun = false;
  /** Log is missing since the newest base backup. */
  private hasGap = false;
  private hasToldOfRest = false;
  /** Of its sessions: of this folder on this machine. */
  private readonly name: string;

  constructor(
    private readonly order: { readonly household: Household; readonly target: Target; readonly onEvent: OnWalEvent },
  ) {
    this.name = `family-assistant-wal-${sha256(`${hostname()} ${order.household.dataDir}`).slice(0, 16)}`;
  }

  /** Runs until the signal is aborted, whatever happens. @throws BackupError `wal_slot_busy`: it runs here already */
  run(signal: AbortSignal): Promise<void> {
    const lock = { name: 'wal.lock', code: 'wal_slot_busy' } as const;
    return underFileLock(this.order.household.dataDir, () => this.runAlone(signal), lock);
  }

  private async runAlone(signal: AbortSignal): Promise<void> {
    const isStopped = (): boolean => signal.aborted;
    let wait = FIRST_PAUSE;
    while (!isStopped()) {
      await this.shipLeftBehind(signal).then(
        () => {
          this.toldOfRest();
        },
        (error: unknown) => {
          if (!isStopped()) this.failed('log', toBackupError(error, 'backup_target_away'));
        },
      );
      const began = performance.now();
      const fault = await this.session(signal).then(
        () => new BackupError('wal_receiver_failed', 'pg_receivewal ended'),
        (error: unknown) => toBackupError(error, 'wal_receiver_failed'),
      );
      if (isStopped()) return;
      this.failed('log', fault);
      if (performance.now() - began > GOOD_SESSION) wait = FIRST_PAUSE;
      await pause(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(2 * wait, LONGEST_PAUSE);
    }
  }

  /** One connection to the server, from its beginning to its end. */
  private async session(outer: AbortSignal): Promise<void> {
    const { config, database } = this.order.household;
    const place = placeOf(config, database);
    // Not to the family's database: that one must be free for a restore while the log is received.
    const connection = await openMaintenance(place);
    const stop = new AbortController();
    const signal = AbortSignal.any([outer, stop.signal, connection.lost]);
    let running: RunningTool | undefined;
    let works: readonly Promise<void>[] = [];
    try {
      const wal = new WalRepository(connection.query);
      const server = await wal.server();
      if ((await wal.ensureSlot(SLOT)) === 'lost') this.slotLost();
      await wal.endOrphan(SLOT, this.name);
      const shipper = await this.shipperOf(server);
      await shipper.discardUnfilled();
      const tools = await findPgTools(server.major, config.pgBin);
      const args = [`--directory=${this.folderOf(server)}`, `--slot=${SLOT}`, '--synchronous', '--no-loop'];
      const run = { tool: 'pg_receivewal', args, url: place.url, tls: database, name: this.name, signal } as const;
      running = startTool(tools, run);
      running.stdin.end();
      running.stdout.resume();
      works = [ended(running), this.follow(wal, shipper, signal), this.makeBases(wal, server, signal)];
      await Promise.race(works);
    } catch (error) {
      throw connection.lost.aborted ? new BackupError('backup_database_lost') : error;
    } finally {
      stop.abort(new BackupError('backup_cancelled'));
      await connection.close();
      await Promise.allSettled([running?.ended, ...works]);
    }
  }

  /** Ships every second, watches the slot, and lets the database know. */
  private async follow(wal: WalRepository, shipper: WalShipper, signal: AbortSignal): Promise<void> {
    let resumed = false;
    let nextTry = 0;
    let wait = FIRST_PAUSE;
    let beatAt = -Infinity;
    for (;;) {
      const standing = await answered(wal.standing(SLOT), signal);
      if (standing.isLost) throw new BackupError('wal_slot_lost');
      this.watch(standing);
      shipper.mark(standing.flushed, standing.now);
      if (performance.now() >= nextTry)
        try {
          if (!resumed) await shipper.resume();
          resumed = true;
          await shipper.ship(standing.received, signal);
          // Before it has confirmed anything, that nothing was to be stored says nothing.
          if (standing.received > 0n) this.received(shipper);
          wait = FIRST_PAUSE;
        } catch (error) {
          signal.throwIfAborted();
          this.failed('log', toBackupError(error, 'backup_target_away'));
          nextTry = performance.now() + wait;
          wait = Math.min(2 * wait, LONGEST_PAUSE);
        }
      if (performance.now() - beatAt >= BEAT_EVERY) {
        beatAt = performance.now();
        await this.beat(shipper, standing);
      }
      await pause(this.order.household.config.walInterval * 1000, undefined, { signal });
    }
  }

  /** Makes a base backup when there is need of one, and deletes what is no longer needed. */
  private async makeBases(wal: WalRepository, { system, timeline }: WalServer, signal: AbortSignal): Promise<void> {
    const { household, target, onEvent } = this.order;
    for (;;) {
      try {
        const files = await target.list();
        const parts = files.flatMap(({ name }) => parseWalName(name) ?? []);
        const { whole } = await readBases(target, files);
        const now = await wal.now();
        const days = household.config.baseDays;
        if (this.hasGap || needsBase(whole.at(-1), parts, { system, timeline, now, days })) {
          const made = await createBaseNow(household, target, signal);
          this.hasGap = false;
          onEvent('base', `base backup ${String(made.sequence)} was made`, described(made));
        }
        await this.deleteOld();
        this.cleared('base');
      } catch (error) {
        signal.throwIfAborted();
        const fault = toBackupError(error);
        if (fault.code !== 'backup_running') this.failed('base', fault);
      }
      await pause(LOOK_FOR_BASES_EVERY, undefined, { signal });
    }
  }

  /** Where anything is in doubt, nothing is deleted. */
  private async deleteOld(): Promise<void> {
    const { household, target, onEvent } = this.order;
    const files = await target.list();
    const { whole, faults } = await readBases(target, files);
    const [fault] = faults;
    if (fault) throw fault;
    const parts = files.flatMap(({ name }) => parseWalName(name) ?? []);
    const gone = decideWalRetention(whole, parts, household.config.keepBases);
    const names = gone.bases.flatMap((base) => [baseManifestName(base), baseArchiveName(base)]);
    try {
      for (const name of [...names, ...gone.parts.map(walName)]) await target.delete(name);
    } catch (error) {
      unlessKept(error);
      return; // it deletes by rules of its own
    }
    if (gone.bases.length + gone.parts.length > 0)
      onEvent('deleted', 'what no base backup needs any more was deleted', {
        bases: gone.bases.length,
        parts: gone.parts.length,
      });
  }

  /** What was received before the server went, to the last byte: also when it never comes back. */
  private async shipLeftBehind(signal: AbortSignal): Promise<void> {
    const { household, target } = this.order;
    const root = join(household.dataDir, 'wal');
    for (const name of await readdir(root).catch(() => [])) {
      const [, system, timeline, size] = /^(\d{15,20})-(\d+)-(\d+)$/.exec(name) ?? [];
      if (system === undefined) continue;
      const { recipients } = household.config;
      const facts = { system, timeline: Number(timeline), segmentSize: Number(size) };
      const shipper = new WalShipper({ target, recipients, folder: join(root, name), ...facts });
      await shipper.resume();
      await shipper.ship(undefined, signal);
    }
  }

  private async shipperOf(server: WalServer): Promise<WalShipper> {
    const { household, target } = this.order;
    const { system, timeline, segmentSize } = server;
    const { recipients } = household.config;
    const folder = this.folderOf(server);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new WalShipper({ target, recipients, folder, system, timeline, segmentSize });
  }

  private folderOf({ system, timeline, segmentSize }: WalServer): string {
    return join(this.order.household.dataDir, 'wal', `${system}-${String(timeline)}-${String(segmentSize)}`);
  }

  /** Writes its row as the application does: that this cannot be done must not stop the log. */
  private async beat(shipper: WalShipper, standing: WalStanding): Promise<void> {
    const { database } = this.order.household;
    const [worst] = [...this.faults.values()];
    const fault = worst?.code ?? (this.warned === 'slot_in_danger' ? 'wal_slot_in_danger' : null);
    const lag = Number(standing.flushed > shipper.position ? standing.flushed - shipper.position : 0n);
    try {
      const connection = await Connection.open({
        url: database.url ?? '',
        tls: database.tls,
        tlsCa: database.tlsCa,
      });
      const wal = new WalRepository(connection.query);
      await wal.beat({ through: shipper.through, fault, lag, left: standing.left }).finally(() => connection.close());
      this.cleared('heartbeat');
    } catch (error) {
      this.failed('heartbeat', toBackupError(error, 'backup_database_lost'));
    }
  }

  private watch({ left, allowed }: WalStanding): void {
    const state =
      allowed === null ? 'no_limit' : (left ?? allowed) < LEFT_WHEN_WARNED * allowed ? 'slot_in_danger' : '';
    if (state === this.warned) return;
    this.warned = state;
    if (state === 'no_limit')
      this.order.onEvent(
        state,
        'max_slot_wal_keep_size is not set: while this receiver is away the server keeps its log until its disk is full',
      );
    if (state === 'slot_in_danger')
      this.order.onEvent(state, 'the server will soon give up the slot: the log has not been fetched', {
        left,
        allowed,
      });
  }

  private slotLost(): void {
    this.hasGap = true;
    this.order.onEvent(
      'slot_lost',
      'the server had given up the slot: log is missing, a new base backup is made; times between cannot be reached',
    );
  }

  private failed(work: Work, fault: BackupError): void {
    const { code, reason } = fault;
    if (this.faults.get(work)?.code !== code)
      this.order.onEvent('fault', `${fault.message} (${code})`, { work, code, ...(reason ? { reason } : {}) });
    this.faults.set(work, fault);
  }

  private cleared(work: Work): void {
    const fault = this.faults.get(work);
    if (!fault) return;
    this.faults.delete(work);
    this.order.onEvent('recovered', 'it works again', { work, code: fault.code });
  }

  /** While the server is away, what came before is safe: said once. */
  private toldOfRest(): void {
    if (!this.faults.has('log') || this.hasToldOfRest) return;
    this.hasToldOfRest = true;
    this.order.onEvent('rest_stored', 'everything that was received is stored');
  }

  private received({ through }: WalShipper): void {
    this.cleared('log');
    this.hasToldOfRest = false;
    if (this.hasBegun || through === null) return;
    this.hasBegun = true;
    this.order.onEvent('receiving', 'the log is received and stored', { through: new Date(through).toISOString() });
  }
}

/** @throws BackupError `backup_database_lost` when no answer comes */
async function answered<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const done = new AbortController();
  const late = pause(ANSWER_WITHIN, undefined, { signal: AbortSignal.any([signal, done.signal]) }).then(() => {
    throw new BackupError('backup_database_lost', 'no answer');
  });
  late.catch(() => undefined);
  return Promise.race([answer, late]).finally(() => {
    done.abort();
  });
}

async function ended(running: RunningTool): Promise<never> {
  const code = await running.ended.catch((cause: unknown) => {
    throw new BackupError('backup_client_missing', 'pg_receivewal', { cause });
  });
  const reason = running.reason();
  if (reason.includes('is active for PID')) throw new BackupError('wal_slot_busy', reason);
  throw new BackupError(faultIn(reason) ?? 'wal_receiver_failed', `${String(code)}: ${reason}`);
}

const described = ({
  sequence,
  start_segment,
  ended_at,
  archive,
}: BaseManifest): Readonly<Record<string, unknown>> => ({
  sequence,
  start_segment,
  ended_at,
  size: archive.size,
});

/** Makes a base backup now. @throws BackupError */
export const createBaseNow = (household: Household, target: Target, signal: AbortSignal): Promise<BaseManifest> =>
  exclusively(household, signal, (alone) =>
    createBase({ household, target }, { signal: alone, onProgress: () => undefined }),
  );
