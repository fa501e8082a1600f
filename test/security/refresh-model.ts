/** What a refresh brought: the next token, or the code of the refusal. */
export interface Outcome {
  readonly successor?: string;
  readonly refusal?: string;
}

/**
 * What docs promise of a session, told another way than the code does: its tokens in a row. Only the last is good; the
 * one before it brings the last again for some seconds; any other ends the session.
 */
export class RefreshModel {
  /** @param grace seconds */
  constructor(
    private readonly row: readonly string[],
    private readonly grace: number,
    private readonly lastGrewAt = 0,
    private readonly hasEnded = false,
  ) {}

  /** The model after refreshes in this order, or why their outcomes do not fit. */
  replay(
    order: readonly number[],
    presented: readonly string[],
    outcomes: readonly Outcome[],
    now: number,
  ): { model: RefreshModel; fault?: string } {
    return order.reduce<{ model: RefreshModel; fault?: string }>(
      (state, at) =>
        state.fault === undefined ? state.model.next(presented[at] ?? '', outcomes[at] ?? {}, now) : state,
      { model: this },
    );
  }

  private next(token: string, { successor, refusal }: Outcome, now: number): { model: RefreshModel; fault?: string } {
    const { row, grace, lastGrewAt } = this;
    if (this.hasEnded)
      return refusal === 'invalid_refresh_token' ? { model: this } : this.faulty('an ended session goes on');
    const behind = row.length - 1 - row.indexOf(token);
    if (behind === 0) {
      if (successor === undefined) return this.faulty('a false logout: the current token was refused');
      if (row.includes(successor)) return this.faulty('a token twice');
      return { model: new RefreshModel([...row, successor], grace, now) };
    }
    if (behind === 1 && now - lastGrewAt <= grace) {
      if (successor === undefined) return this.faulty('a false logout: a lost answer was not given again');
      return successor === row.at(-1) ? { model: this } : this.faulty('a fork: another successor');
    }
    if (refusal !== 'refresh_token_reused') return this.faulty('a replay was not noticed');
    return { model: new RefreshModel(row, grace, lastGrewAt, true) };
  }

  private faulty(fault: string): { model: RefreshModel; fault: string } {
    return { model: this, fault };
  }
}

/** Every order of so many things that happen at once. */
export function orders(count: number): number[][] {
  if (count === 0) return [[]];
  return orders(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, at) => [...order.slice(0, at), count - 1, ...order.slice(at)]),
  );
}
