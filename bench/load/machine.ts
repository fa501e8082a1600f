import { cpus, loadavg, totalmem } from 'node:os';

/** What a measurement ran on, and how busy that was with other things before. */
export function describeMachine(): string {
  const [first] = cpus();
  const busy = loadavg()[0] ?? 0;
  return `${String(cpus().length)} cores (${first?.model.trim() ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, load average ${busy.toFixed(2)} before`;
}
