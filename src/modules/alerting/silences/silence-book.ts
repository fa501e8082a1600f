import { join } from 'node:path';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { AlertingConfig, DatabaseConfig, ServerConfig } from '../../../platform/config/index.js';
import { isDatabaseUnavailable, TransactionRunner } from '../../../platform/database/index.js';
import { MATCHER_OPERATORS, SilenceSource, type Matcher, type Silence } from '../delivery/index.js';
import { KeptFile } from '../kept-file.js';
import { Rounds } from '../rounds.js';
import { MOST_SILENCES } from './silence.policy.js';
import { SilencesRepository, type SilenceRow } from './silences.repository.js';

/** Milliseconds after which a silence that another process was asked for is known here. */
const LOOK_EVERY = 3000;

/**
 * The silences that hold now, or will, at hand while the database is away: in memory, and in a file of `DATA_DIR` for a
 * start without it. What it knows may be some seconds old, and says nothing of silences that were ended since.
 */
@Injectable()
export class SilenceBook
  extends SilenceSource
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger('Alerting');
  private readonly file: KeptFile;
  private readonly rounds = new Rounds(LOOK_EVERY, () => this.refresh());
  private known: readonly Silence[] = [];
  private kept = '';
  private asked = 0;
  private answered = 0;

  constructor(
    private readonly runner: TransactionRunner,
    private readonly rows: SilencesRepository,
    private readonly database: DatabaseConfig,
    private readonly alerting: AlertingConfig,
    { dataDir }: ServerConfig,
  ) {
    super();
    this.file = new KeptFile(join(dataDir, 'alerting', 'silences.json'));
  }

  override silences(): readonly Silence[] {
    return this.known;
  }

  async onModuleInit(): Promise<void> {
    try {
      this.known = parseSilences(await this.file.read());
    } catch (error) {
      // Alerts are told then that nobody wanted to hear of: better than the other way round.
      this.logger.warn(
        { code: codeOf(error) },
        'the silences that were kept cannot be read: they come from the database',
      );
    }
    this.kept = JSON.stringify(this.known);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.alerting.isEnabled) return;
    await this.refresh();
    // Nobody but this process can change the embedded database.
    if (!this.database.isEmbedded) this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.end();
  }

  /** Reads the silences anew; without the database those that are known stay. */
  async refresh(): Promise<void> {
    const ticket = (this.asked += 1);
    try {
      const rows = await this.runner.runAsIdentity((tx) => this.rows.live(tx, MOST_SILENCES));
      // What was asked before may be answered after: the newer answer stays.
      if (ticket < this.answered) return;
      this.answered = ticket;
      const read = rows.map(toSilence);
      // What is the same stays the same object: patterns are compiled for each, and what they fit is remembered.
      if (JSON.stringify(read) !== JSON.stringify(this.known)) this.known = read;
    } catch (error) {
      if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'the silences cannot be read');
      return;
    }
    await this.keep();
  }

  private async keep(): Promise<void> {
    const text = JSON.stringify(this.known);
    if (text === this.kept) return;
    try {
      await this.file.write(this.known);
      this.kept = text;
    } catch (error) {
      this.logger.warn({ code: codeOf(error) }, 'the silences cannot be kept for a start without the database');
    }
  }
}

const toSilence = ({ id, matchers, starts_at, ends_at }: SilenceRow): Silence => ({
  id,
  matchers: matchers as readonly Matcher[],
  startsAt: starts_at.getTime(),
  endsAt: ends_at.getTime(),
});

/** What a file holds, where it is what this writes. @throws TypeError where it is not */
export function parseSilences(value: unknown): readonly Silence[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every(isSilence)) throw new TypeError('not silences');
  return value;
}

function isSilence(value: unknown): value is Silence {
  const { id, matchers, startsAt, endsAt } = (value ?? {}) as Partial<Record<keyof Silence, unknown>>;
  return (
    typeof id === 'string' &&
    Number.isFinite(startsAt) &&
    Number.isFinite(endsAt) &&
    Array.isArray(matchers) &&
    matchers.length > 0 &&
    matchers.every(isMatcher)
  );
}

function isMatcher(value: unknown): value is Matcher {
  const { name, operator, value: text } = (value ?? {}) as Partial<Record<keyof Matcher, unknown>>;
  const isKnown = MATCHER_OPERATORS.some((known) => known === operator);
  return typeof name === 'string' && typeof text === 'string' && isKnown;
}

const codeOf = (error: unknown): string =>
  (error as Partial<NodeJS.ErrnoException>).code ?? (error instanceof Error ? error.name : 'unknown');
