import TestSequencer from '@jest/test-sequencer';

/** Folders whose files wait for processes, faults and clocks: begun last, one of them would run alone at the end. */
const LONGEST = ['test/faults/', 'test/replicas/', 'test/e2e/', 'test/security/', 'test/integration/'];

/** The longest files first; where no run has measured them yet, those of the folders that have long ones. */
export default class LongestFirst extends TestSequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const rank = ({ path }) => LONGEST.findIndex((folder) => path.includes(folder)) + 1 || LONGEST.length + 1;
    return sorted.some(({ duration }) => duration) ? sorted : sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
