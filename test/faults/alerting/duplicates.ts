import type { Arrival } from '../../support/alerting/receivers.js';
import { marksIn, type World } from './world.js';

/** What came more than once, by why. */
export interface Duplicates {
  readonly arrivals: number;
  /**
   * The same message again, which a receiver can tell: by its id, or where there are none by what it says. After an answer
   * that was lost, and after a crash.
   */
  readonly afterLostAnswer: number;
  readonly afterCrash: number;
  /** The same message again though its answer had got through, or without a way to tell. */
  readonly unexplained: number;
  /** Says that it may have come before, and had not. */
  readonly markedInVain: number;
  /** The same alert in two messages. */
  readonly toldTwice: number;
  readonly examples: readonly string[];
}

/** Sorts what a channel got. */
export function duplicatesOf(world: World, arrivals: readonly Arrival[]): Duplicates {
  const found = {
    arrivals: arrivals.length,
    afterLostAnswer: 0,
    afterCrash: 0,
    unexplained: 0,
    markedInVain: 0,
    toldTwice: 0,
    examples: [] as string[],
  };
  const byId = new Map<string, Arrival>();
  const byMark = new Map<string, string>();
  for (const arrival of arrivals) {
    const before = byId.get(arrival.id);
    byId.set(arrival.id, arrival);
    if (before) {
      const isOfAnother = world.cameFrom.get(before) !== world.cameFrom.get(arrival);
      if (arrival.channel === 'telegram' && !arrival.isMarked) found.unexplained += 1;
      else if (isOfAnother) found.afterCrash += 1;
      else if (before.isAnswered) found.unexplained += 1;
      else found.afterLostAnswer += 1;
      continue;
    }
    if (arrival.isMarked) found.markedInVain += 1;
    const marks = marksIn(arrival);
    const again = marks.find((mark) => byMark.has(mark));
    if (again !== undefined) {
      found.toldTwice += 1;
      found.examples.push(again);
    }
    for (const mark of marks) byMark.set(mark, arrival.id);
  }
  return found;
}
