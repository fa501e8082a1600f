/**
 * Asks the server in this container whether it is alive, since there is no curl in here. Exit code 0 when it is, 1 otherwise.
 *   node docker/healthcheck.mjs         the process answers
 *   node docker/healthcheck.mjs ready   its database answers, too
 */
const LIMIT = 4000;
const { HOST = '127.0.0.1', PORT = '3000' } = process.env;
// Whoever listens on all addresses is asked on the one of this machine.
const host = ['0.0.0.0', '::', ''].includes(HOST) ? '127.0.0.1' : HOST;
const url = `http://${host.includes(':') ? `[${host}]` : host}:${PORT}/health/${process.argv[2] === 'ready' ? 'ready' : 'live'}`;

try {
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(LIMIT) });
  if (!ok) console.error(`${url} answered ${status}`);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  console.error(`${url} does not answer: ${error.cause?.code ?? error.name}`);
  process.exitCode = 1;
}
