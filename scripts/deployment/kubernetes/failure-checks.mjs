/** What goes wrong while it runs. */
import { until } from '../docker.mjs';
import { isReady, kubectl, nodeIn, PATIENCE, restartsOf, serverPods, serversReady } from './cluster.mjs';
import { remembered, statusFor } from './release.mjs';

const restarts = () =>
  serverPods()
    .map((pod) => `${pod.metadata.uid} ${restartsOf(pod)}`)
    .join();
const scaleDatabase = (replicas) => kubectl('scale', 'deployment/postgres', `--replicas=${replicas}`);

/** Longer than liveness would take to give a server up: three probes, ten seconds apart, of five seconds each. */
const LIVENESS_MS = 60_000;

export async function checkDatabaseAway({ check, person }) {
  const before = restarts();
  await check('while PostgreSQL is away the servers are not ready, and none is started again', async () => {
    scaleDatabase(0);
    await until('no server that is ready', () => serverPods().every((pod) => !isReady(pod)), PATIENCE);
    const since = performance.now();
    await until(
      'as long as liveness needs',
      () => {
        if (serverPods().some(isReady)) throw new Error('one is ready');
        return performance.now() - since > LIVENESS_MS;
      },
      PATIENCE,
    );
    return restarts() === before;
  });
  await check('when it is there again they are ready by themselves', async () => {
    scaleDatabase(1);
    await serversReady(2);
    return restarts() === before && (await remembered(person)).length === 1;
  });
}

/** Opens the inspector of the server in this container, and has it work for ever at one thing. */
const BLOCK = `
  process.kill(1, 'SIGUSR1');
  const targets = async () => (await fetch('http://127.0.0.1:9229/json/list')).json();
  let found;
  for (let tried = 0; found === undefined && tried < 200; tried += 1) {
    found = await targets().catch(() => new Promise((resolve) => setTimeout(resolve, 50)));
  }
  const socket = new WebSocket(found[0].webSocketDebuggerUrl);
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  const answer = new Promise((resolve) => (socket.onmessage = resolve));
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'setTimeout(() => { for (;;); }, 100), 1' } }));
  await answer;
  process.exit(0);
`;

/** How many of so many requests were answered, each within so many milliseconds. */
async function answers(token, requests, limit) {
  let good = 0;
  for (let asked = 0; asked < requests; asked += 1)
    if ((await statusFor(token, limit).catch(() => 0)) === 200) good += 1;
  return good;
}

export async function checkHangs({ check, person }) {
  const [victim, other] = serverPods();
  // Now, as whoever has a connection to the one that hangs waits for it in vain.
  const token = await person.token();
  const nameOf = ({ metadata }) => metadata.name;
  const now = (pod) => serverPods().find((each) => nameOf(each) === nameOf(pod));
  await check('a server that hangs is no longer asked', async () => {
    const { code, all } = nodeIn(nameOf(victim), BLOCK);
    if (code !== 0) throw new Error(all.slice(-400));
    await until('it is not ready', () => !isReady(now(victim)), PATIENCE);
    // The node has taken its address out when many requests, each by a connection of its own, are answered.
    await until('many answers', async () => (await answers(token, 10, 5000)) === 10, PATIENCE);
  });
  await check('it is started again by its liveness probe, and the other one serves meanwhile', async () => {
    const begun = performance.now();
    let asked = 0;
    let answered = 0;
    await until(
      'a restart',
      async () => {
        asked += 1;
        answered += await answers(token, 1);
        return restartsOf(now(victim)) > restartsOf(victim);
      },
      PATIENCE,
    );
    if (answered < asked) throw new Error(`${asked - answered} of ${asked} requests failed`);
    const seconds = Math.round((performance.now() - begun) / 1000);
    await serversReady(2);
    if (restartsOf(now(other)) !== restartsOf(other)) throw new Error('the other one was started again, too');
    return `after ${seconds} s, ${asked} requests`;
  });
}
