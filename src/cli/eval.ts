import { Option, type Command } from 'commander';
import { type Asked } from '../modules/memory/evaluation/index.js';
import { loadDataset, SampleStore, withScratchApp, type Embeddings } from './eval-families.js';
import { reportOn, reportQuestion, reportRecall } from './eval-report.js';
import { wholeNumber } from './whole-number.js';

interface Options {
  readonly dataset: string;
  readonly embeddings?: Embeddings;
  readonly explain?: boolean;
  readonly limitConversations?: number;
}

/** `eval retrieval`: how much of what answers a question search finds. */
export function addEval(program: Command): void {
  program
    .command('eval')
    .description('measure')
    .command('retrieval')
    .description(
      'store the conversations of a dataset (format of LoCoMo) in a database that is thrown away, or in the empty one of DATABASE_URL, ask every question, and tell how much of the evidence is found',
    )
    .requiredOption('--dataset <file>', 'JSON in the format of LoCoMo')
    .addOption(new Option('--embeddings <kind>', 'default: as the settings say').choices(['none', 'local']))
    .option('--explain', 'tell of every question where its evidence came out, and why')
    .option('--limit-conversations <number>', 'only the first ones', wholeNumber)
    .action(async ({ dataset, embeddings, explain = false, limitConversations }: Options) => {
      const samples = (await loadDataset(dataset)).slice(0, limitConversations);
      const report = reportOn(process.stdout);
      const asked: Asked[] = [];
      const total = samples.reduce((sum, { questions }) => sum + questions.length, 0);
      await withScratchApp(embeddings, async (app) => {
        const store = new SampleStore(app);
        for (const sample of samples) {
          report.progress(asked.length, total, `storing ${sample.id}`);
          const { principal, names } = await store.store(sample);
          for (const question of sample.questions) {
            const one = await store.evaluation.ask(principal, sample, question, names, { explain });
            asked.push(one);
            report.progress(asked.length, total, `asking ${sample.id}`);
            if (explain) reportQuestion(one);
          }
        }
        reportRecall(report, asked);
      });
    });
}
