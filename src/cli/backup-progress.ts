import type { OnProgress, Phase } from '../modules/backup/progress.js';

/** Tells what a long work does: a bar on a terminal, else one JSON object a line. */
export interface WorkVoice {
  readonly onProgress: OnProgress;
  readonly say: (event: string, message: string, details?: Readonly<Record<string, unknown>>) => void;
}

const BAR_WIDTH = 30;
const LINE_STEP = 5;
const BYTES: readonly Phase[] = ['dump', 'restore', 'fetch'];

/** @param isTerminal whether somebody looks at it */
export function voiceOn(output: Pick<NodeJS.WriteStream, 'write'>, isTerminal: boolean): WorkVoice {
  let shown = '';
  let hasBar = false;
  const write = (text: string): void => void output.write(text);
  return {
    onProgress: (phase, done, total) => {
      const percent = total === null || total === 0 ? null : Math.min(100, Math.floor((done / total) * 100));
      const step = isTerminal
        ? (percent ?? Math.floor(done / 1e6))
        : percent === null
          ? 0
          : Math.floor(percent / LINE_STEP);
      if (shown === `${phase} ${String(step)}`) return;
      shown = `${phase} ${String(step)}`;
      if (isTerminal) {
        hasBar = true;
        write(`\r\u001b[K${picture(percent)} ${phase} ${amount(phase, done, total)}`);
      } else
        write(
          `${JSON.stringify({ event: 'progress', phase, done, total, ...(percent === null ? {} : { percent }) })}\n`,
        );
    },
    say: (event, message, details = {}) => {
      if (isTerminal) write(`${hasBar ? '\n' : ''}${message}\n`);
      else write(`${JSON.stringify({ event, message, ...details })}\n`);
      hasBar = false;
      shown = '';
    },
  };
}

function picture(percent: number | null): string {
  const full = Math.round(((percent ?? 0) / 100) * BAR_WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
}

function amount(phase: Phase, done: number, total: number | null): string {
  if (!BYTES.includes(phase)) return total === null ? '' : `${String(done)} of ${String(total)}`;
  const megabytes = (done / 1e6).toFixed(1);
  return total === null ? `${megabytes} MB` : `${megabytes} of ${(total / 1e6).toFixed(1)} MB`;
}
