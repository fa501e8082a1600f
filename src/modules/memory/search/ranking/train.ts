import { solveSymmetric } from './linear-algebra.js';

/** One question with the candidates among which its answer has to be found. */
export interface TrainingQuestion {
  /** What is left out together, e.g. the conversation. */
  readonly group: string;
  /** Feature values, candidate by candidate: `candidates x features`. */
  readonly features: Float64Array;
  /** Indices of the candidates that hold the answer; at least one, none twice. */
  readonly relevant: readonly number[];
  /** Relevant items that are not among the candidates; they count as not found. */
  readonly missed?: number;
}

/** How to train. */
export interface TrainingOptions {
  /** Strength of the L2 penalty, `l2 / 2 · |w|²` beside the mean loss of a question. */
  readonly l2?: number;
  /** At most so many Newton steps. */
  readonly steps?: number;
}

/** Weights in the order of the features, and the loss at them (penalty included). */
export interface TrainedModel {
  readonly weights: Float64Array;
  readonly loss: number;
  readonly steps: number;
}

const DEFAULT_L2 = 1e-3;
const DEFAULT_STEPS = 25;
const SMALLEST_STEP = 1 / 64;
const CONVERGED = 1e-8;

/**
 * Finds the weights of a linear model by softmax cross-entropy over the candidates of each
 * question (ListNet's top-one loss, Cao et al., ICML 2007): the relevant ones share the target
 * evenly. The loss is convex, so Newton's method with step halving finds the one minimum and
 * the same data gives the same weights.
 *
 * @param width number of features of a candidate
 * @throws RangeError for no questions, a question without relevant candidates, or features that
 *   do not fit `width`
 */
export function train(
  questions: readonly TrainingQuestion[],
  width: number,
  options: TrainingOptions = {},
): TrainedModel {
  for (const question of questions) check(question, width);
  if (questions.length === 0) throw new RangeError('There is nothing to train on');
  const l2 = options.l2 ?? DEFAULT_L2;
  let weights = new Float64Array(width);
  let here = evaluate(questions, weights, l2);
  let steps = 0;
  while (steps < (options.steps ?? DEFAULT_STEPS)) {
    steps++;
    const direction = solveSymmetric(here.hessian, here.gradient);
    let size = 1;
    let next = weights.map((weight, i) => weight - (direction[i] ?? 0));
    let there = evaluate(questions, next, l2);
    while (there.loss > here.loss && size > SMALLEST_STEP) {
      size /= 2;
      next = weights.map((weight, i) => weight - size * (direction[i] ?? 0));
      there = evaluate(questions, next, l2);
    }
    const gain = here.loss - there.loss;
    if (gain < 0) break;
    weights = next;
    here = there;
    if (gain < CONVERGED) break;
  }
  return { weights, loss: here.loss, steps };
}

interface Evaluation {
  readonly loss: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** Mean loss of a question with its first and second derivatives. */
function evaluate(questions: readonly TrainingQuestion[], weights: Float64Array, l2: number): Evaluation {
  const width = weights.length;
  const gradient = new Float64Array(width);
  const hessian = new Float64Array(width * width);
  let loss = 0;
  for (const question of questions) loss += accumulate(question, weights, gradient, hessian);
  const share = 1 / questions.length;
  for (let i = 0; i < width; i++) {
    const weight = weights[i] ?? 0;
    gradient[i] = (gradient[i] ?? 0) * share + l2 * weight;
    for (let j = 0; j < width; j++) {
      const cell = i * width + j;
      hessian[cell] = (hessian[cell] ?? 0) * share + (i === j ? l2 : 0);
    }
    loss += (l2 / 2 / share) * weight * weight;
  }
  return { loss: loss * share, gradient, hessian };
}

/** Adds one question's derivatives, p(x - E[x]) and the covariance of x under p; returns its loss. */
function accumulate(
  question: TrainingQuestion,
  weights: Float64Array,
  gradient: Float64Array,
  hessian: Float64Array,
): number {
  const width = weights.length;
  const { features, relevant } = question;
  const scores = scoreAll(features, weights);
  const logSum = logSumExp(scores);
  const mean = new Float64Array(width);
  for (let candidate = 0; candidate < scores.length; candidate++) {
    const probability = Math.exp((scores[candidate] ?? 0) - logSum);
    // Most candidates weigh nothing; without them the second derivative costs a tenth.
    if (probability < 1e-9) continue;
    const start = candidate * width;
    for (let i = 0; i < width; i++) {
      const weighted = probability * (features[start + i] ?? 0);
      if (weighted === 0) continue;
      mean[i] = (mean[i] ?? 0) + weighted;
      for (let j = 0; j < width; j++) {
        const cell = i * width + j;
        hessian[cell] = (hessian[cell] ?? 0) + weighted * (features[start + j] ?? 0);
      }
    }
  }
  for (let i = 0; i < width; i++) {
    gradient[i] = (gradient[i] ?? 0) + (mean[i] ?? 0);
    for (let j = 0; j < width; j++) {
      const cell = i * width + j;
      hessian[cell] = (hessian[cell] ?? 0) - (mean[i] ?? 0) * (mean[j] ?? 0);
    }
  }
  let loss = 0;
  for (const candidate of relevant) {
    loss += (logSum - (scores[candidate] ?? 0)) / relevant.length;
    for (let i = 0; i < width; i++) {
      gradient[i] = (gradient[i] ?? 0) - (features[candidate * width + i] ?? 0) / relevant.length;
    }
  }
  return loss;
}

/** The linear scores of all candidates: `features · weights`. */
export function scoreAll(features: Float64Array, weights: Float64Array): Float64Array {
  const width = weights.length;
  const scores = new Float64Array(features.length / width);
  for (let candidate = 0; candidate < scores.length; candidate++) {
    let score = 0;
    for (let i = 0; i < width; i++) score += (features[candidate * width + i] ?? 0) * (weights[i] ?? 0);
    scores[candidate] = score;
  }
  return scores;
}

function logSumExp(scores: Float64Array): number {
  const highest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  return highest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0));
}

function check(question: TrainingQuestion, width: number): void {
  const { features, relevant } = question;
  const candidates = features.length / width;
  if (!Number.isInteger(candidates)) throw new RangeError(`Not rows of ${String(width)} features`);
  if (!features.every(Number.isFinite)) throw new RangeError('A feature is not a finite number');
  if (relevant.length === 0 || new Set(relevant).size < relevant.length) {
    throw new RangeError('A question needs relevant candidates, each named once');
  }
  if (!relevant.every((index) => Number.isInteger(index) && index >= 0 && index < candidates)) {
    throw new RangeError('A relevant candidate does not exist');
  }
}
