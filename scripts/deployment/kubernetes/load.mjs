/**
 * Asks a server for what a person may read until it is told to stop by SIGTERM, then prints as JSON what came of it.
 *   node load.mjs URL      with the access token in FA_TOKEN
 * 200 requests a second, begun by the clock whether or not others are answered: half by new connections, half by 20
 * clients that each keep theirs. Nothing is tried again, so each answer but 200 and each connection that breaks counts.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const RATE = 200;
const CLIENTS = 20;
const LIMIT = 30_000;
const PATH = '/api/v1/auth/me';
const [url = ''] = process.argv.slice(2);
const { FA_TOKEN = '' } = process.env;

const counts = {
  requests: 0,
  by_new_connections: 0,
  by_kept_connections: 0,
  connections_ended: 0,
  failed: {},
  longest_ms: 0,
};
const underWay = new Set();
let isOver = false;
process.on('SIGTERM', () => {
  isOver = true;
});

const fails = (reason) => {
  counts.failed[reason] = (counts.failed[reason] ?? 0) + 1;
};

/** The code of a problem, as the server answers, or nothing. */
const codeIn = (body) => /"code": ?"(\w{1,60})"/.exec(body)?.[1] ?? '';

/** One request. Never throws: what goes wrong is counted. */
function ask(agent, kind) {
  const begun = performance.now();
  const done = new Promise((resolve) => {
    const settle = (reason) => {
      if (reason !== undefined) fails(reason);
      counts.requests += 1;
      counts[kind] += 1;
      counts.longest_ms = Math.max(counts.longest_ms, Math.round(performance.now() - begun));
      resolve();
    };
    const headers = { authorization: `Bearer ${FA_TOKEN}` };
    const asked = request(`${url}${PATH}`, { agent, headers, signal: AbortSignal.timeout(LIMIT) }, (answer) => {
      if (kind === 'by_kept_connections' && answer.headers.connection === 'close') counts.connections_ended += 1;
      let body = '';
      answer.setEncoding('utf8').on('data', (text) => (body += text));
      answer.once('end', () => {
        settle(answer.statusCode === 200 ? undefined : `status ${answer.statusCode} ${codeIn(body)}`.trim());
      });
      answer.once('error', (error) => settle(`answer: ${error.code ?? error.name}`));
    });
    asked.once('error', (error) =>
      settle(`${error.code ?? error.name}${asked.reusedSocket ? ' on a kept connection' : ''}`),
    );
    asked.end();
  });
  underWay.add(done);
  void done.finally(() => underWay.delete(done));
  return done;
}

/** Begins a request each so many milliseconds; those that are late on a busy machine all at once. */
async function beginEach(pause, begin) {
  for (let due = performance.now(); !isOver;) {
    await sleep(Math.max(0, due - performance.now()));
    for (; due <= performance.now(); due += pause) begin();
  }
}

/** One client that keeps its connection: its next request waits for the answer, as an HTTP/1.1 connection has it. */
async function client(pause) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let due = performance.now(); !isOver; due += pause) {
    await sleep(Math.max(0, due - performance.now()));
    await ask(agent, 'by_kept_connections');
  }
  agent.destroy();
}

const begun = performance.now();
const fresh = new Agent({ keepAlive: false });
const clients = Array.from({ length: CLIENTS }, () => client((1000 * CLIENTS) / (RATE / 2)));
await beginEach(1000 / (RATE / 2), () => ask(fresh, 'by_new_connections'));
await Promise.all(clients);
await Promise.all(underWay);
console.log(JSON.stringify({ seconds: Math.round((performance.now() - begun) / 1000), ...counts }));
