import { scoreAll, train, type TrainedModel, type TrainingOptions, type TrainingQuestion } from './train.js';

/** The numbers of hits at which recall is reported. */
export const CUTOFFS = [5, 10, 25, 50] as const;

/** Recall at every one of `CUTOFFS`, in their order, 0-1. */
export interface Recall {
  /** The share of a question's relevant items found, averaged over the questions. */
  readonly perQuestion: readonly number[];
  /** The share of all relevant items found, whichever question they belong to. */
  readonly perItem: readonly number[];
  readonly questions: number;
}

/** What leaving each group out in turn found. */
export interface LeaveOneOut {
  /** Over all questions, each ranked by weights that have not seen its group. */
  readonly overall: Recall;
  readonly groups: ReadonlyMap<string, { readonly recall: Recall; readonly model: TrainedModel }>;
}

/** Recall of the ranking that `weights` give; equal scores rank by candidate order. */
export function recallOf(questions: readonly TrainingQuestion[], weights: Float64Array): Recall {
  return summarise(questions.map((question) => hitsOf(question, weights)));
}

/**
 * Trains as often as there are groups, each time without one, and measures on the one left out.
 *
 * @throws RangeError for fewer than two groups, and as `train` does
 */
export function leaveOneGroupOut(
  questions: readonly TrainingQuestion[],
  width: number,
  options: TrainingOptions = {},
): LeaveOneOut {
  const byGroup = Map.groupBy(questions, (question) => question.group);
  if (byGroup.size < 2) throw new RangeError('Leaving one group out takes at least two groups');
  const all: Hits[] = [];
  const groups = new Map<string, { recall: Recall; model: TrainedModel }>();
  for (const [group, held] of byGroup) {
    const model = train(
      questions.filter((question) => question.group !== group),
      width,
      options,
    );
    const hits = held.map((question) => hitsOf(question, model.weights));
    groups.set(group, { recall: summarise(hits), model });
    all.push(...hits);
  }
  return { overall: summarise(all), groups };
}

/** How many relevant items a question has and how many are among the first k, for each cutoff. */
interface Hits {
  readonly relevant: number;
  readonly found: readonly number[];
}

function hitsOf(question: TrainingQuestion, weights: Float64Array): Hits {
  const scores = scoreAll(question.features, weights);
  const ranks = question.relevant.map((index) => rankOf(scores, index));
  return {
    relevant: ranks.length + (question.missed ?? 0),
    found: CUTOFFS.map((cutoff) => ranks.filter((rank) => rank < cutoff).length),
  };
}

function rankOf(scores: Float64Array, index: number): number {
  const own = scores[index] ?? -Infinity;
  let rank = 0;
  scores.forEach((score, other) => {
    if (score > own || (score === own && other < index)) rank++;
  });
  return rank;
}

function summarise(hits: readonly Hits[]): Recall {
  const relevant = hits.reduce((sum, { relevant }) => sum + relevant, 0);
  const mean = (share: (hit: Hits, i: number) => number, total: number): number[] =>
    CUTOFFS.map((_, i) => hits.reduce((sum, hit) => sum + share(hit, i), 0) / total);
  return {
    perQuestion: mean((hit, i) => (hit.found[i] ?? 0) / hit.relevant, hits.length),
    perItem: mean((hit, i) => hit.found[i] ?? 0, relevant),
    questions: hits.length,
  };
}
