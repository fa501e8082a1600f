/**
 * Asks what runs in this container whether it is alive, since there is no curl in here. Exit code 0 when it is, 1 otherwise.
 *   node docker/healthcheck.mjs             the process answers
 *   node docker/healthcheck.mjs ready       its database answers, too
 *   node docker/healthcheck.mjs runs NAME   a program of this name runs
 */
import { readdirSync, readFileSync } from 'node:fs';

const LIMIT = 4000;
const { HOST = '127.0.0.1', PORT = '3000' } = process.env;
const [what, name] = process.argv.slice(2);

async function answers() {
  // Whoever listens on all addresses is asked on the one of this machine.
  const host = ['0.0.0.0', '::', ''].includes(HOST) ? '127.0.0.1' : HOST;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${PORT}/health/${what === 'ready' ? 'ready' : 'live'}`;
  try {
    const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(LIMIT) });
    if (!ok) console.error(`${url} answered ${status}`);
    return ok;
  } catch (error) {
    console.error(`${url} does not answer: ${error.cause?.code ?? error.name}`);
    return false;
  }
}

function nameOf(id) {
  try {
    return readFileSync(`/proc/${id}/comm`, 'utf8').trim();
  } catch {
    return ''; // it has ended meanwhile
  }
}

function runs() {
  const found = readdirSync('/proc').some((id) => /^\d+$/.test(id) && nameOf(id) === name);
  if (!found) console.error(`${name} does not run`);
  return found;
}

process.exitCode = (what === 'runs' ? runs() : await answers()) ? 0 : 1;
