import { DomainError } from '../platform/http/index.js';

export type ModelFetchCode =
  /** The server does not have a file, or does not give it. */
  | 'model_not_found'
  /** The server does not answer, fails, or breaks off, however often it is asked. */
  | 'model_source_unavailable'
  /** A file is not the one that was pinned. */
  | 'model_checksum_mismatch'
  | 'disk_full'
  /** The folder cannot be written to, or holds something else. */
  | 'folder_unusable'
  /** Another process fetches into the same folder. */
  | 'fetch_in_progress'
  /** Everything was fetched, but the model does not run here. */
  | 'model_unusable';

/** Why a model could not be fetched. */
export class ModelFetchError extends DomainError<ModelFetchCode> {
  constructor(code: ModelFetchCode, detail: string) {
    super(code, { kind: 'unavailable', detail });
  }

  /** The error of a system call, as one of these where it is known. */
  static of(error: unknown, path: string): unknown {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      return new ModelFetchError('disk_full', `there is no room left for ${path}; what has come is kept`);
    }
    if (typeof code === 'string' && /^E(ACCES|PERM|ROFS|NOTDIR|ISDIR|EXIST|LOOP)$/.test(code)) {
      return new ModelFetchError('folder_unusable', `${path} cannot be written (${code})`);
    }
    return error;
  }
}
