import type { BackupConfig, DatabaseConfig } from '../../../platform/config/index.js';
import { sealedOutput } from '../archive/sealed-output.js';
import { BackupError, toBackupError } from '../backup.errors.js';
import { Connection } from '../connection.repository.js';
import { ReadingRepository } from '../reading.repository.js';
import { askAll, sourceFacts, type Snapshot } from '../source.js';
import { commandOf, compresses, COMPRESSION, failureOf, findPgTools } from './pg-tools.js';
import { placeOf } from './places.js';

/** Only what is whole: no owner or login of the old machine has to exist on the new one. */
const DUMP = ['--format=custom', '--lock-wait-timeout=60000', '--no-owner', '--no-sync', '--encoding=UTF8'];

/**
 * A snapshot of a server, which `pg_dump` and the fingerprints share. Writers go on.
 * @throws BackupError `backup_role_filtered`, `backup_client_missing`, `backup_client_too_old`, `backup_database_lost`
 */
export async function openPostgresSnapshot(
  config: BackupConfig,
  database: DatabaseConfig,
  signal: AbortSignal,
): Promise<Snapshot> {
  const place = placeOf(config, database);
  const connection = await Connection.open(place);
  try {
    const reading = new ReadingRepository(connection.query);
    if (!(await reading.seesEverything())) throw new BackupError('backup_role_filtered');
    const { name, facts } = await reading.begin();
    const tools = await findPgTools(Math.floor(facts.server_version / 10_000), config.pgBin);
    const isCompressing = await compresses(tools);
    // A dump that nobody reads to its end must not go on, and hold the snapshot.
    const closed = new AbortController();
    const abort = AbortSignal.any([signal, connection.lost, closed.signal]);
    return {
      facts: sourceFacts('postgresql', tools.version, facts),
      takenAt: new Date(facts.snapshot_at),
      archive: isCompressing ? 'dump.age' : 'dump.zst.age',
      fingerprints: (onTable) => reading.fingerprints(signal, onTable).catch(inWords),
      probe: (probes) => askAll(probes, connection.query).catch(inWords),
      sealed: (recipients) =>
        sealedOutput(
          {
            seals: commandOf(tools, {
              tool: 'pg_dump',
              args: [...DUMP, `--compress=${isCompressing ? COMPRESSION : '0'}`, `--snapshot=${name}`],
              url: place.url,
              tls: database,
            }),
            recipients,
            isCompressed: !isCompressing,
          },
          (_, said) => failureOf(said, 'backup_dump_failed'),
          abort,
        ),
      close: () => {
        closed.abort();
        return connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    return inWords(error);
  }
}

function inWords(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  // "query would be affected by row-level security policy" and "permission denied" share a SQLSTATE.
  if (code === '42501')
    throw new BackupError(
      (error as Error).message.includes('row-level security') ? 'backup_role_filtered' : 'backup_role_denied',
    );
  throw toBackupError(error, 'backup_failed');
}
