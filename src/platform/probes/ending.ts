/**
 * What of one table was open when a backup was made, and may have been taken back since: a restore ends it before the
 * database is used. Modules name theirs; the statement sees every row.
 */
export interface Ending {
  /** As the command and the audit log count it: `sessions`. */
  readonly name: string;
  readonly table: string;
  readonly statement: string;
}
