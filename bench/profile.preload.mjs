/**
 * Loaded into a measured server: the first SIGUSR2 begins a profile of its processor time, the next one ends it and writes
 * it to the file that BENCH_PROFILE names. So the start and the warm-up are not in it, as they would be with --cpu-prof.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const { BENCH_PROFILE } = process.env;
/** Microseconds between two looks. */
const INTERVAL = 500;
let session;

process.on('SIGUSR2', () => {
  toggle().catch((error) => process.stderr.write(`${String(error)}\n`));
});

async function toggle() {
  if (session) {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    session = undefined;
    // Whoever waits for the file must not read half of it.
    writeFileSync(`${BENCH_PROFILE}.new`, JSON.stringify(profile));
    renameSync(`${BENCH_PROFILE}.new`, BENCH_PROFILE);
    return;
  }
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL });
  await session.post('Profiler.start');
}
