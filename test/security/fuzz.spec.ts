import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createDocument } from '../../src/app.docs.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFirstAdmin } from '../support/factories.js';
import { measured } from '../support/measure.js';
import { Contract, type CheckedAnswer } from './contract-check.js';
import { FuzzInput, type FuzzedOperation, type FuzzRequest, type Parameter, type Schema } from './fuzz-input.js';
import { FuzzWorld, FUZZERS, type Fuzzer } from './fuzz-world.js';

// A bound for hangs: it takes about a minute.
jest.setTimeout(900_000);

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 4_000);
/** A failing run prints its seed; `FUZZ_SEED` repeats it. */
const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
/** Handlers that hash passwords, which takes most of their time, get a smaller share. */
const SLOW = /^Auth_(login|token|register|changePassword)$/;

interface DocumentedOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: Schema; readonly example?: object }>>;
  };
}

let server: TestApp;
let world: FuzzWorld;
let contract: Contract;
let operations: readonly FuzzedOperation[];
let input: FuzzInput;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  const document = createDocument(server.app);
  contract = new Contract(document);
  input = new FuzzInput(document.components?.schemas ?? {});
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).flatMap((method) => {
      const found = (item as Record<string, DocumentedOperation | undefined>)[method.toLowerCase()];
      if (!found) return [];
      const bodies = Object.entries(found.requestBody?.content ?? {}).map(
        ([media, { schema = {}, example = {} }]) => [media, schema, example] as const,
      );
      return [{ operationId: found.operationId, method, path, parameters: found.parameters ?? [], bodies }];
    }),
  );
  world = new FuzzWorld(server, await newFirstAdmin(server));
  await world.populate();
});
afterAll(() => server.close());

/** The share of an operation in the requests: by how much there is to vary. */
function weightOf({ operationId, parameters, bodies }: FuzzedOperation): number {
  return SLOW.test(operationId) ? 1 : 1 + Math.min(3, parameters.length) + 3 * Math.min(1, bodies.length);
}

async function send(
  { method, path }: FuzzedOperation,
  { url, headers, body }: FuzzRequest,
  who: Fuzzer,
): Promise<CheckedAnswer> {
  const bearer = world.bearerOf(who);
  const answer = await server.app.inject({
    method,
    url: world.fill(path, url),
    headers: { ...headers, ...(bearer === undefined ? {} : { authorization: bearer }) },
    ...(body === undefined ? {} : { payload: world.fill(path, body) }),
  });
  const { statusCode: status, payload: text } = answer;
  if (status >= 200 && status < 300) world.learn(path, text);
  // Of a sign-in that fails it says nothing.
  if (status === 401 && /"(unauthenticated|invalid_token)"/.test(text)) await world.miss(who);
  return { status, headers: answer.headers, text };
}

/** Whether a body was accepted that the document does not allow. */
function laxity({ operationId }: FuzzedOperation, { headers, body }: FuzzRequest, status: number): string | undefined {
  if (status >= 300 || body === undefined || headers['content-type'] !== 'application/json') return undefined;
  const example = body.replaceAll(/~(own|id)\d+~/g, '019a9c1e-0000-7000-8000-000000000000');
  const excess = contract.excessOf(operationId, JSON.parse(example));
  return excess === undefined ? undefined : `accepted against the document: ${excess}`;
}

/** How to ask the same by hand; `~id3~` stands for an id that exists. */
function curl({ method }: FuzzedOperation, { url, headers, body }: FuzzRequest, who: Fuzzer): string {
  const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const all = { ...headers, ...(who === 'nobody' ? {} : { authorization: `Bearer $${who.toUpperCase()}` }) };
  return [
    `curl -X ${method} ${quote(`http://127.0.0.1:3000${url}`)}`,
    ...Object.entries(all).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-raw ${quote(body)}`]),
  ].join(' ');
}

describe('requests made from the OpenAPI document', () => {
  it(`${String(REQUESTS)} of them get no 5xx and only what is documented (seed ${String(SEED)})`, async () => {
    const whole = operations.reduce((sum, operation) => sum + weightOf(operation), 0);
    const statuses = new Map<number, number>();
    const faults: string[] = [];
    const started = Date.now();
    let sent = 0;
    // Whoever may do most gets furthest.
    const who = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<Fuzzer>('parent', 'admin') },
      { weight: 4, arbitrary: fc.constantFrom(...FUZZERS) },
    );
    for (const operation of operations) {
      await world.freshen();
      const property = fc.asyncProperty(input.requestsOf(operation), who, async (request, who) => {
        const answer = await send(operation, request, who);
        sent += 1;
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const fault = contract.faultOf(operation.operationId, answer) ?? laxity(operation, request, answer.status);
        if (fault !== undefined) throw new Error(`${fault}: ${answer.text.slice(0, 300)}`);
      });
      const numRuns = Math.ceil((REQUESTS * weightOf(operation)) / whole);
      const { failed, counterexample, errorInstance } = await fc.check(property, { seed: SEED, numRuns });
      if (failed && counterexample) {
        const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
        faults.push(`${operation.operationId}: ${reason}\n  ${curl(operation, ...counterexample)}`);
      }
    }
    const of = (test: (status: number) => boolean): number =>
      [...statuses].reduce((sum, [status, count]) => sum + (test(status) ? count : 0), 0);
    measured('fuzz from the OpenAPI document', {
      requests: sent,
      operations: operations.length,
      actors: FUZZERS.length,
      seed: SEED,
      'answers with 5xx': of((status) => status >= 500),
      'operations with an answer against the document': faults.length,
      statuses: [...statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${String(status)}×${String(n)}`).join(' '),
      seconds: Math.round((Date.now() - started) / 1000),
    }); // prettier-ignore
    expect(faults).toEqual([]);
    expect(of((status) => status >= 500)).toBe(0);
    expect(sent).toBeGreaterThanOrEqual(REQUESTS);
    // They reached what they were meant for.
    expect(of((status) => status < 300)).toBeGreaterThan(REQUESTS / 10);
    for (const status of [200, 201, 204, 400, 401, 403, 404]) expect(statuses.get(status) ?? 0).toBeGreaterThan(0);
  });
});
