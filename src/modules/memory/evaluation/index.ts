export { DatasetError, readDataset, type Question, type Sample } from './dataset.js';
export { CUTOFFS, percentile, recallOf, type Outcome, type RecallRow } from './recall.js';
export { RetrievalEvaluation, type Asked } from './retrieval-evaluation.js';
