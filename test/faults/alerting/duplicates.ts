import type { Arrival } from '../../support/alerting/receivers.js';
import { marksIn, type World } from './world.js';

/** What came more than once, by why. */
export interface Duplicates {
  readonly arrivals: number;
  /** The same message again, which its id tells a receiver that looks: after an answer that was lost, and after a crash. */
  readonly afterLostAnswer: number;
  readonly afterCrash: number;
  /** The same message again though its answer had got through. */
  readonly unexplained: number;
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
      if (isOfAnother) found.afterCrash += 1;
      else if (before.isAnswered) found.unexplained += 1;
      else found.afterLostAnswer += 1;
      continue;
    }
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
