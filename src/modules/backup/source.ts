import { VERSION } from '../../platform/config/index.js';
import type { Probe } from '../../platform/probes/index.js';
import type { Query } from './connection.repository.js';
import type { SourceFacts } from './manifest.js';
import type { DatabaseFacts, TableFingerprint } from './reading.repository.js';
import type { Chunks } from './targets/target.js';

/** The database at one moment: everything that is read of it belongs to the same snapshot. */
export interface Snapshot {
  readonly facts: SourceFacts;
  readonly takenAt: Date;
  /** The end of the archive's name, which says what is in it: `dump.zst.age`. */
  readonly archive: string;
  fingerprints(onTable: (done: number, total: number) => void): Promise<readonly TableFingerprint[]>;
  probe(probes: readonly Probe[]): Promise<Readonly<Record<string, string>>>;
  /** The archive, compressed and encrypted. Throws where its content could not be read to the end. */
  sealed(recipients: readonly string[]): Chunks;
  /** Lets go of it. After an error, too; never throws. */
  close(): Promise<void>;
}

/** Asks every probe. */
export async function askAll(probes: readonly Probe[], query: Query): Promise<Readonly<Record<string, string>>> {
  const answers: [string, string][] = [];
  for (const probe of probes) answers.push([probe.name, await probe.ask(query)]);
  return Object.fromEntries(answers);
}

/** What the manifest says of a source. */
export const sourceFacts = (
  kind: SourceFacts['kind'],
  clientVersion: string,
  { system_identifier, lsn, server_version, extensions, migrations }: DatabaseFacts,
): SourceFacts => ({
  kind,
  system_identifier,
  lsn,
  server_version,
  client_version: clientVersion,
  app_version: VERSION,
  extensions,
  migrations,
});
