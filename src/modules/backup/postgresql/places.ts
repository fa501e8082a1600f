import type { BackupConfig, DatabaseConfig } from '../../../platform/config/index.js';
import type { ServerPlace } from '../connection.repository.js';

/** The login that owns the tables. */
export const ownerOf = ({ ownerUrl, url, tls, tlsCa }: DatabaseConfig): ServerPlace => ({
  url: ownerUrl ?? url ?? '',
  tls,
  tlsCa,
});

/** The login that reads for backups. */
export const placeOf = ({ databaseUrl }: BackupConfig, database: DatabaseConfig): ServerPlace =>
  databaseUrl === undefined ? ownerOf(database) : { ...ownerOf(database), url: databaseUrl };
