/** Work on the release while people ask. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const LOAD = new URL('load.mjs', import.meta.url).pathname;

/**
 * Does something while 200 requests a second are made, and says how many there were.
 * @param {{ url: string, token: string, seconds: number }} load for how long at least
 * @param {() => unknown} work
 * @returns {Promise<string>}
 * @throws Error when a request failed, or there were fewer than half of what was meant
 */
export async function underLoad({ url, token, seconds }, work) {
  const child = spawn(process.execPath, [LOAD, url], {
    env: { ...process.env, FA_TOKEN: token },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    const enough = sleep(seconds * 1000);
    await work();
    await enough;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  const counts = JSON.parse(said);
  const failed = Object.values(counts.failed).reduce((sum, each) => sum + each, 0);
  const told = `${counts.requests} requests in ${counts.seconds} s, ${counts.by_new_connections} of them by new connections, ${counts.connections_ended} kept ones ended in order, the longest ${counts.longest_ms} ms`;
  if (failed > 0) throw new Error(`${failed} failed: ${JSON.stringify(counts.failed)}; ${told}`);
  if (counts.requests < counts.seconds * 100) throw new Error(`too few: ${told}`);
  return told;
}
