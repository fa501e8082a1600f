import { BackupError } from '../backup.errors.js';
import { sha256 } from '../manifest.js';
import { textOf, type Target } from '../targets/target.js';
import type { KnownBase } from './point-in-time.policy.js';

/** Everything that is known of a base backup: a copy of the files of a whole cluster. Written last. */
export interface BaseManifest extends KnownBase {
  readonly kind: 'base';
  readonly format: 1;
  /** `server_version_num` without its last four digits: only the same major version can read the files. */
  readonly server_major: number;
  readonly client_version: string;
  readonly app_version: string;
  readonly archive: { readonly name: string; readonly size: number; readonly sha256: string };
  readonly recipients: readonly string[];
}

const LONGEST = 1 << 16;
const NAME = /^(\d{15,20})-(\d{6,12})\.base\.(json|tar\.zst\.age)$/;

const nameOf = ({ system_identifier, sequence }: Pick<BaseManifest, 'system_identifier' | 'sequence'>): string =>
  `${system_identifier}-${String(sequence).padStart(6, '0')}.base`;
export const baseArchiveName = (base: Parameters<typeof nameOf>[0]): string => `${nameOf(base)}.tar.zst.age`;
export const baseManifestName = (base: Parameters<typeof nameOf>[0]): string => `${nameOf(base)}.json`;

/** What a file of the target is, by its name; undefined for what is no part of a base backup. */
export function parseBaseName(name: string): { sequence: number; isManifest: boolean } | undefined {
  const [, , sequence, part] = NAME.exec(name) ?? [];
  return sequence === undefined ? undefined : { sequence: Number(sequence), isManifest: part === 'json' };
}

/** The text of a manifest, with its own checksum in the first line. */
export function writeBaseManifest(manifest: BaseManifest): string {
  const body = JSON.stringify(manifest, undefined, 1);
  return `${sha256(body)}\n${body}\n`;
}

/** Reads one and believes nothing of it. @throws BackupError `backup_manifest_tampered`, `backup_manifest_invalid` */
export function readBaseManifest(text: string): BaseManifest {
  const [, checksum, body = ''] = /^([0-9a-f]{64})\n(\{[\s\S]*\})\n$/.exec(text) ?? [];
  if (checksum === undefined || sha256(body) !== checksum)
    throw new BackupError('backup_manifest_tampered', 'of a base backup');
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(body) as typeof value;
  } catch {
    throw new BackupError('backup_manifest_invalid', 'of a base backup: not JSON');
  }
  const wrong = Object.entries(SHAPE).find(([field, check]) => !check(value[field]));
  if (wrong) throw new BackupError('backup_manifest_invalid', `of a base backup: ${wrong[0]}`);
  return value as unknown as BaseManifest;
}

type Check = (value: unknown) => boolean;
const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;

const SHAPE: Readonly<Record<keyof BaseManifest, Check>> = {
  kind: (value) => value === 'base',
  format: (value) => value === 1,
  sequence: isCount,
  system_identifier: matches(/^\d{15,20}$/),
  start_segment: matches(/^[0-9A-F]{24}$/),
  wal_segment_size: (value) => isCount(value) && Number.isInteger(Math.log2(value as number)),
  ended_at: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  server_major: isCount,
  client_version: matches(/^.{1,40}$/),
  app_version: matches(/^.{1,40}$/),
  archive: (value) => {
    const { name, size, sha256: hash } = (value ?? {}) as Partial<BaseManifest['archive']>;
    return matches(NAME)(name) && isCount(size) && matches(/^[0-9a-f]{64}$/)(hash);
  },
  recipients: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
};

/** What the target has of base backups. */
export interface StoredBases {
  /** Those whose archive is listed in its full length, oldest first. */
  readonly whole: readonly BaseManifest[];
  /** Why a manifest cannot be believed. */
  readonly faults: readonly BackupError[];
  /** Of everything that is listed: a new one comes behind it. */
  readonly lastSequence: number;
  /** Archives without a manifest: of one that is being made, or was never finished. */
  readonly orphans: readonly string[];
}

/** @throws BackupError of the target */
export async function readBases(target: Target, files: Awaited<ReturnType<Target['list']>>): Promise<StoredBases> {
  const sizes = new Map(files.map(({ name, size }) => [name, size]));
  const listed = files.flatMap(({ name }) => {
    const parsed = parseBaseName(name);
    return parsed ? [{ name, ...parsed }] : [];
  });
  const bases: BaseManifest[] = [];
  const faults: BackupError[] = [];
  for (const { name } of listed.filter(({ isManifest }) => isManifest))
    try {
      const manifest = readBaseManifest(await textOf(await target.read(name), LONGEST));
      if (baseManifestName(manifest) !== name || baseArchiveName(manifest) !== manifest.archive.name)
        throw new BackupError('backup_manifest_tampered', 'another name than its own');
      bases.push(manifest);
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      faults.push(error);
    }
  const sequences = new Set(listed.flatMap(({ isManifest, sequence }) => (isManifest ? [sequence] : [])));
  return {
    whole: bases
      .filter(({ archive }) => sizes.get(archive.name) === archive.size)
      .toSorted((one, other) => one.sequence - other.sequence),
    faults,
    lastSequence: Math.max(0, ...listed.map(({ sequence }) => sequence)),
    orphans: listed.flatMap(({ name, isManifest, sequence }) => (isManifest || sequences.has(sequence) ? [] : [name])),
  };
}
