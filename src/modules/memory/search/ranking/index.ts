export { asksForNumber, asksForTime, hasQuestion, saysNumber, saysTime } from './cues.js';
export { CUTOFFS, leaveOneGroupOut, recallOf, type LeaveOneOut } from './evaluate.js';
export * from './features.js';
export { scoreOf, type Score } from './score.js';
export { train, type TrainingQuestion } from './train.js';
export { weightsFor, type Weights } from './weights.js';
