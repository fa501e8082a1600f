export { asksForNumber, asksForTime, hasQuestion, saysNumber, saysTime } from './cues.js';
export { leaveOneGroupOut, recallOf } from './evaluate.js';
export * from './features.js';
export { scoreOf, type Score } from './score.js';
export { train } from './train.js';
export { weightsFor, type Weights } from './weights.js';
