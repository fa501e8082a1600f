/** How far a command has come. */
export interface Progress {
  /** Bytes that are here, of how many, and the file that comes. */
  readonly show: (received: number, total: number, file: string) => void;
  /** Says something else, and ends the line of a bar before it. */
  readonly say: (event: string, message: string, details?: Readonly<Record<string, unknown>>) => void;
}

const BAR_WIDTH = 30;
/** A log of lines needs fewer steps than a bar. */
const LINE_STEP = 5;

/** A bar on a terminal; elsewhere one JSON object a line, for programs. */
export function progressOn(output: Pick<NodeJS.WriteStream, 'write'>, isTerminal: boolean): Progress {
  return isTerminal ? bar(output) : lines(output);
}

function bar(output: Pick<NodeJS.WriteStream, 'write'>): Progress {
  let shown = -1;
  return {
    show: (received, total, file) => {
      const percent = percentOf(received, total);
      if (percent === shown) return;
      shown = percent;
      const full = Math.round((percent / 100) * BAR_WIDTH);
      const picture = `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
      const amount = `${(received / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
      // Back to the start of the line, and clear it.
      output.write(`\r\u001b[K${picture} ${String(percent)} %  ${amount}  ${file}`);
    },
    say: (_event, message) => {
      if (shown >= 0) output.write('\n');
      shown = -1;
      output.write(`${message}\n`);
    },
  };
}

function lines(output: Pick<NodeJS.WriteStream, 'write'>): Progress {
  const line = (content: Readonly<Record<string, unknown>>): void => {
    output.write(`${JSON.stringify(content)}\n`);
  };
  let step = -1;
  return {
    show: (received, total, file) => {
      const now = Math.floor(percentOf(received, total) / LINE_STEP);
      if (now === step) return;
      step = now;
      line({ event: 'progress', percent: percentOf(received, total), received, total, file });
    },
    say: (event, message, details = {}) => {
      line({ event, message, ...details });
    },
  };
}

const percentOf = (received: number, total: number): number =>
  total === 0 ? 100 : Math.floor((received / total) * 100);
