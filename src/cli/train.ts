import { Option, type Command } from 'commander';
import {
  CUTOFFS,
  FEATURES,
  LEXICAL_FEATURES,
  leaveOneGroupOut,
  train,
  type TrainingQuestion,
} from '../modules/memory/search/ranking/index.js';
import { loadDataset, SampleStore, withScratchApp } from './eval-families.js';
import { reportOn } from './eval-report.js';

type Kind = 'lexical' | 'hybrid';

/** `train ranking`: finds the weights of `search/ranking/weights` again. */
export function addTrain(program: Command): void {
  program
    .command('train')
    .description('find weights')
    .command('ranking')
    .description(
      'find the weights of the ranking from a dataset (format of LoCoMo), and tell what they are worth on each conversation when it is left out',
    )
    .requiredOption('--dataset <file>', 'JSON in the format of LoCoMo, two conversations or more')
    .addOption(new Option('--kind <kind>', 'default: both').choices(['lexical', 'hybrid']))
    .action(async ({ dataset, kind }: { dataset: string; kind?: Kind }) => {
      const samples = await loadDataset(dataset);
      const report = reportOn(process.stdout);
      for (const one of kind ? [kind] : (['lexical', 'hybrid'] as const)) {
        const questions: TrainingQuestion[] = [];
        let unreachable = 0;
        await withScratchApp(one === 'lexical' ? 'none' : 'local', async (app) => {
          const store = new SampleStore(app);
          for (const [index, sample] of samples.entries()) {
            report.progress(index, samples.length, `${one}: ${sample.id}`);
            const { principal, names } = await store.store(sample);
            for (const question of sample.questions) {
              const found = await store.evaluation.features(principal, sample, question, names, one);
              if ('features' in found) questions.push(found);
              else unreachable += 1;
            }
          }
        });
        const used = one === 'lexical' ? LEXICAL_FEATURES : FEATURES;
        const { overall, groups } = leaveOneGroupOut(questions, used.length);
        const all = questions.length + unreachable;
        const recall = overall.perQuestion.map((value) => (value * questions.length) / all);
        for (const [group, { recall: held }] of groups)
          report.line('left_out', `${group}  ${numbers(held.perQuestion, 3)}`, {
            kind: one,
            group,
            recall: held.perQuestion,
          });
        report.line('leave_one_out', `${one} recall@${CUTOFFS.join('/')} leaving one out: ${numbers(recall, 3)}`, {
          kind: one,
          questions: all,
          unreachable,
          recall,
        });
        const { weights } = train(questions, used.length);
        const named = Object.fromEntries(
          used.map((name, index) => [name, Math.round((weights[index] ?? 0) * 100) / 100]),
        );
        report.line('weights', JSON.stringify(named, undefined, 2), { kind: one, weights: named });
      }
    });
}

const numbers = (values: readonly number[], digits: number): string =>
  values.map((value) => value.toFixed(digits).replace(/^0/, '')).join(' ');
