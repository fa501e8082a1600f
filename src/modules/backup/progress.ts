/** What a backup, a verification or a restore is doing. */
export type Phase =
  | 'waiting'
  | 'snapshot'
  | 'dump'
  | 'manifest'
  | 'fetch'
  | 'restore'
  | 'compare'
  | 'migrate'
  | 'search'
  | 'swap'
  | 'retention';

/** Is told how far a phase has come: bytes, or tables; `total` where it is known. Must neither throw nor wait. */
export type OnProgress = (phase: Phase, done: number, total: number | null) => void;

/** What every long work is given. */
export interface WorkContext {
  /** Aborted when it is to stop: nothing of it may be left then. */
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}
