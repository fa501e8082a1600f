import { createHash } from 'node:crypto';
import { BackupError } from './backup.errors.js';
import type { TableFingerprint } from './reading.repository.js';

/** Where a backup comes from. */
export interface SourceFacts {
  readonly kind: 'postgresql' | 'embedded';
  /** Of the cluster (`pg_control_system()`); another one after a restore. */
  readonly system_identifier: string;
  /** Place in the write-ahead log when the snapshot was taken. */
  readonly lsn: string;
  /** `server_version_num`. */
  readonly server_version: number;
  /** Of `pg_dump`; of the embedded engine the same as the server's. */
  readonly client_version: string;
  readonly app_version: string;
  readonly extensions: Readonly<Record<string, string>>;
  /** Names of the migrations that were applied, in their order. */
  readonly migrations: readonly string[];
}

/** Everything that is known of a backup; written last, so without it there is none. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly id: string;
  readonly sequence: number;
  /** Day of the chain: see `nextDay`. */
  readonly day: number;
  readonly created_at: string;
  /** When the snapshot was taken: what was acknowledged before is in it. */
  readonly snapshot_at: string;
  readonly source: SourceFacts;
  readonly tables: readonly TableFingerprint[];
  /** Answers of the probes, such as a search, that must be the same after a restore. */
  readonly probes: Readonly<Record<string, string>>;
  readonly archive: { readonly name: string; readonly size: number; readonly sha256: string };
  /** Public keys for which it is encrypted. */
  readonly recipients: readonly string[];
  /** The manifest of the backup before: each one vouches for the whole chain behind it. */
  readonly previous: { readonly sequence: number; readonly sha256: string } | null;
}

const FORMAT = 1;
/** A manifest has a line per table; anything larger is no manifest. */
const LONGEST = 1 << 20;

const NAME = /^(\d{6,12})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(.+)$/;

/** The beginning of the names of all files of a backup. They sort in the order of the chain. */
export const baseName = ({ sequence, id }: Pick<Manifest, 'sequence' | 'id'>): string =>
  `${String(sequence).padStart(6, '0')}-${id}`;

export const MANIFEST = 'manifest.json';

/** What a file of the target is, by its name; undefined for what is none of ours. */
export function parseName(name: string): { sequence: number; id: string; part: string } | undefined {
  const [, sequence, id, part] = NAME.exec(name) ?? [];
  return sequence === undefined || id === undefined || part === undefined
    ? undefined
    : { sequence: Number(sequence), id, part };
}

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** The text of a manifest, with its own checksum in the first line. */
export function writeManifest(manifest: Manifest): string {
  const body = JSON.stringify(manifest, undefined, 1);
  return `${sha256(body)}\n${body}\n`;
}

/**
 * Reads a manifest and believes nothing of it.
 * @param expected SHA-256 of the whole text, where the next manifest or the database names it
 * @throws BackupError `backup_manifest_tampered`, `backup_manifest_invalid`
 */
export function readManifest(text: string, expected?: string): Manifest {
  if (text.length > LONGEST) throw new BackupError('backup_manifest_invalid', 'too long');
  const [, checksum, body] = /^([0-9a-f]{64})\n(\{[\s\S]*\})\n$/.exec(text) ?? [];
  if (checksum === undefined || body === undefined)
    throw new BackupError('backup_manifest_tampered', 'not a checksum and an object');
  if (sha256(body) !== checksum) throw new BackupError('backup_manifest_tampered', 'its own checksum');
  if (expected !== undefined && sha256(text) !== expected)
    throw new BackupError('backup_manifest_tampered', 'the checksum that the next one names');
  const value = parseJson(body);
  const wrong = problemOf(value);
  if (wrong !== undefined) throw new BackupError('backup_manifest_invalid', wrong);
  return value as Manifest;
}

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value.length > 0 && value.length <= 4096;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isHash: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isList =
  (each: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(each);
const isMap: Check = (value) => isFields(value) && Object.values(value).every(isText);
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const has =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isFields(value) && Object.entries(shape).every(([name, check]) => check(value[name]));

const isTable = has({ name: isText, rows: isCount, hash: isText });

const SHAPE: Readonly<Record<keyof Manifest, Check>> = {
  format: (value) => value === FORMAT,
  id: (value) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  sequence: (value) => isCount(value) && (value as number) > 0,
  day: isCount,
  created_at: isTime,
  snapshot_at: isTime,
  source: has({
    kind: (value) => value === 'postgresql' || value === 'embedded',
    system_identifier: isText,
    lsn: isText,
    server_version: isCount,
    client_version: isText,
    app_version: isText,
    extensions: isMap,
    migrations: isList(isText),
  }),
  tables: (value) => Array.isArray(value) && value.length > 0 && value.every(isTable),
  probes: isMap,
  archive: has({ name: (value) => parseName(String(value)) !== undefined, size: isCount, sha256: isHash }),
  recipients: isList(isText),
  previous: (value) => value === null || has({ sequence: isCount, sha256: isHash })(value),
};

/** The first field that is not as it must be. */
function problemOf(value: unknown): string | undefined {
  if (!isFields(value)) return 'not an object';
  const fields = value;
  return Object.entries(SHAPE).find(([name, check]) => !check(fields[name]))?.[0];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new BackupError('backup_manifest_invalid', 'not JSON');
  }
}

/** Names of the tables that differ between two lists of fingerprints. */
export function differences(expected: readonly TableFingerprint[], found: readonly TableFingerprint[]): string[] {
  const keyed = (tables: readonly TableFingerprint[]): Map<string, string> =>
    new Map(tables.map(({ name, rows, hash }) => [name, `${String(rows)} ${hash}`]));
  const [one, other] = [keyed(expected), keyed(found)];
  return [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name));
}
