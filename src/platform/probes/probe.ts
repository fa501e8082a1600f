/** Runs a statement on the data that are looked at: the live ones in a snapshot, or a restored copy. */
export type ProbeQuery = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

/**
 * A question to the data whose answer is the same before a backup and after its restore. It is asked with all rows in
 * sight, and answers with a digest: what it has found stays with it.
 */
export interface Probe {
  /** Key of the answer: `search`. */
  readonly name: string;
  ask(query: ProbeQuery): Promise<string>;
}
