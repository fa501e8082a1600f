import type { QueuedJob } from '../platform/jobs/index.js';

/** A job as the command shows it, also one that failed for good: then `at` is the time of that. */
export interface ListedJob extends Omit<QueuedJob, 'state'> {
  readonly state: QueuedJob['state'] | 'dead';
}

interface JobsOutput {
  readonly add: (job: ListedJob) => void;
  /** Writes the table, or on a terminal that there is nothing. */
  end(nothing: string): void;
  say(event: string, message: string, details: Readonly<Record<string, unknown>>): void;
}

/** A table on a terminal; elsewhere one JSON object a line, for programs. */
export function jobsOn(output: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>): JobsOutput {
  return output.isTTY ? table(output) : lines(output);
}

function lines(output: Pick<NodeJS.WriteStream, 'write'>): JobsOutput {
  const write = (object: object): void => {
    output.write(`${JSON.stringify(object)}\n`);
  };
  return {
    add: ({ id, queue, state, attempts, error, createdAt, at }) => {
      const time = { [state === 'dead' ? 'died_at' : 'due_at']: at.toISOString() };
      write({ id, queue, state, attempts, error, created_at: createdAt.toISOString(), ...time });
    },
    end: () => undefined,
    say: (event, _message, details) => {
      write({ event, ...details });
    },
  };
}

const HEADINGS = ['id', 'queue', 'state', 'tried', 'due or dead since', 'last error'] as const;

function table(output: Pick<NodeJS.WriteStream, 'write'>): JobsOutput {
  const rows: string[][] = [];
  return {
    add: ({ id, queue, state, attempts, error, at }) => {
      rows.push([id, queue, state, String(attempts), at.toISOString().slice(0, 19).replace('T', ' '), error ?? '']);
    },
    end: (nothing) => {
      if (rows.length === 0) {
        output.write(`${nothing}\n`);
        return;
      }
      const all = [[...HEADINGS], ...rows];
      const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
      for (const row of all)
        output.write(
          `${row
            .map((cell, at) => cell.padEnd(widths[at] ?? 0))
            .join('  ')
            .trimEnd()}\n`,
        );
    },
    say: (_event, message) => {
      output.write(`${message}\n`);
    },
  };
}
