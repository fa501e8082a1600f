import type { Command } from 'commander';
import { ReembeddingError, ReembeddingService, type Reporter } from '../modules/memory/indexing/index.js';
import { environment } from '../platform/config/index.js';
import { DataFolderInUseError } from '../platform/database/index.js';
import { withApp } from './app.js';

/** `reembed` */
export function addReembed(program: Command): void {
  program
    .command('reembed')
    .description(
      'give all memories vectors of the model that is set now, beside those of the earlier one, then search with them; a server does so by itself when it is restarted',
    )
    .action(async () => {
      const { stdout } = process;
      const reporter = reporterOn(stdout, stdout.isTTY);
      const { model, embedded, refused } = await withApp(environment(), (app) =>
        app.get(ReembeddingService).run(reporter),
      ).catch((error: unknown) => {
        throw isInUse(error) ? new ReembeddingError('server_running') : error;
      });
      const exceptions = refused === 0 ? '' : `; ${String(refused)} were refused, words alone find them`;
      reporter.say('done', `${String(embedded)} texts got vectors of ${model}${exceptions}`, {
        model,
        embedded,
        refused,
      });
    });
}

const isInUse = (error: unknown): boolean =>
  error instanceof DataFolderInUseError ||
  (error instanceof Error && error.cause !== undefined && isInUse(error.cause));

/** Tells how far it has come: a bar on a terminal, else one JSON object a line. */
interface Voice extends Reporter {
  say(event: string, message: string, details: Readonly<Record<string, unknown>>): void;
}

const BAR_WIDTH = 30;

/** A bar on a terminal; elsewhere one JSON object a line, for programs. */
export function reporterOn(output: Pick<NodeJS.WriteStream, 'write'>, isTerminal: boolean): Voice {
  let shown = -1;
  const say: Voice['say'] = (event, message, details) => {
    if (isTerminal) output.write(`${shown >= 0 ? '\n' : ''}${message}\n`);
    else output.write(`${JSON.stringify({ event, message, ...details })}\n`);
    shown = -1;
  };
  return {
    say,
    switched: (model) => {
      say('switched', `searches go by ${model} from now on`, { model });
    },
    progress: (done, total) => {
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
      if (percent === shown) return;
      shown = percent;
      if (!isTerminal) {
        output.write(`${JSON.stringify({ event: 'progress', percent, done, total })}\n`);
        return;
      }
      const full = Math.round((percent / 100) * BAR_WIDTH);
      const picture = `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
      // Back to the start of the line, and clear it.
      output.write(`\r\u001b[K${picture} ${String(percent)} %  ${String(done)} of ${String(total)} texts`);
    },
  };
}
