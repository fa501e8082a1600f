/**
 * The users of scenarios.json for k6 (https://k6.io). scripts/load/k6.sh builds k6 and runs this against an own server;
 * against another one:
 *   LOAD_URL=http://127.0.0.1:3000 LOAD_ACCOUNTS=/path/accounts.json LOAD=users-100 k6 run bench/load/k6.js
 * LOAD_JSON replaces the load of that name by figures of its own.
 */
import http from 'k6/http';
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import { SharedArray } from 'k6/data';
import { addressOf, arrivalOf, between, bodyOf, chooseAction, STEPS } from './behaviour.mjs';

const { session, mix, loads, limits } = JSON.parse(open('./scenarios.json'));
const name = __ENV.LOAD || 'users-100';
const load = __ENV.LOAD_JSON ? JSON.parse(__ENV.LOAD_JSON) : loads[name];
if (!load) throw new Error(`LOAD must be one of ${Object.keys(loads).join(', ')}`);
if (!__ENV.LOAD_URL || !__ENV.LOAD_ACCOUNTS) throw new Error('LOAD_URL and LOAD_ACCOUNTS are needed');
const accounts = new SharedArray('accounts', () => JSON.parse(open(__ENV.LOAD_ACCOUNTS)));

const isSteady = load.users <= limits.latency.users && load.first === undefined;

export const options = {
  scenarios: {
    users: {
      executor: 'per-vu-iterations',
      vus: load.users,
      iterations: 1,
      maxDuration: `${load.seconds}s`,
      gracefulStop: '30s',
    },
  },
  // A request is good when its status is that of scenarios.json's step, which the check says.
  thresholds: {
    checks: [`rate>${1 - limits.errors}`],
    ...(isSteady ? { http_req_duration: [`avg<${limits.latency.average}`, `p(95)<${limits.latency.p95}`] } : {}),
  },
  systemTags: ['status', 'name'],
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
};

const end = () => exec.scenario.startTime + load.seconds * 1000;
const isOver = () => Date.now() >= end();

/** Waits, but not beyond the end. */
function wait(seconds) {
  const left = (end() - Date.now()) / 1000;
  if (left > 0) sleep(Math.min(seconds, left));
}

function send(step, account, token) {
  const { method, path, status } = STEPS[step];
  const body = bodyOf(step, account, Math.random);
  const headers = {
    accept: 'application/json',
    'x-forwarded-for': addressOf(exec.vu.idInTest - 1),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(body ? { 'content-type': 'application/json' } : {}),
  };
  const answer = http.request(method, __ENV.LOAD_URL + path, body ? JSON.stringify(body) : null, {
    headers,
    tags: { name: step },
    timeout: '30s',
  });
  check(answer, { [step]: (given) => given.status === status });
  return answer;
}

/** One user, from coming to the end of the load. */
export default function () {
  const user = exec.vu.idInTest - 1;
  const account = accounts[user % accounts.length];
  wait(arrivalOf(user, load));
  while (!isOver()) {
    const signedIn = send('sign_in', account);
    let token = signedIn.status === STEPS.sign_in.status ? signedIn.json('access_token') : undefined;
    const actions = Math.round(between(session.actions, Math.random));
    for (let count = 0; count < actions && token; count += 1) {
      wait(between(session.think, Math.random));
      if (isOver()) break;
      if (send(chooseAction(mix, Math.random), account, token).status === 401) token = undefined;
    }
    wait(between(session.think, Math.random));
  }
}
