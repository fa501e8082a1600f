/** Reads profiles as V8 writes them, and says which part of the server the processor worked for. */

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] }[];
  readonly samples: readonly number[];
  /** Microseconds between a sample and the one before. */
  readonly timeDeltas: readonly number[];
}

/** A part of the server and the share of the busy time that it took. */
export interface Part {
  readonly name: string;
  readonly share: number;
}

/**
 * The parts, and the frames that belong to each. A sample counts for the innermost frame that belongs to any: what Node
 * does for a library (writing to a socket, hashing) is that library's. Order decides where several fit.
 */
const PARTS: readonly (readonly [name: string, url: RegExp, functionName?: RegExp])[] = [
  ['token: signature and claims', /\/node_modules\/(jsonwebtoken|jws|jwa|semver|ms|lodash\.\w+)\//],
  ['who asks: guards, session', /\/dist\/src\/(platform\/security|modules\/auth)\//],
  ['limits', /\/dist\/src\/platform\/limits\/|\/node_modules\/(ioredis|redis-parser|denque)\//],
  [
    'log line',
    /\/node_modules\/(pino|pino-http|nestjs-pino|sonic-boom|safe-stable-stringify|quick-format-unescaped|@pinojs\/[^/]+)\/|\/dist\/src\/platform\/observability\/(request-log|logger|nest-logger)/,
  ],
  ['metrics', /\/node_modules\/prom-client\/|\/dist\/src\/platform\/(observability|status)\//],
  ['PostgreSQL client (pg)', /\/node_modules\/(pg|pg-\w+|postgres-\w+|xtend)\//],
  ['transaction and statements', /\/node_modules\/typeorm\/|\/dist\/src\/platform\/database\/|\.repository\.js$/],
  ['JSON of the answer', /./, /^(serialize|serializer|stringify|anonymous serialize|asJson|JSON\.stringify)$/i],
  [
    'input: checks and conversion',
    /\/node_modules\/(class-validator|class-transformer|validator)\/|\/dist\/src\/platform\/http\//,
  ],
  ['the module itself', /\/dist\/src\/modules\//],
  ['Nest and RxJS', /\/node_modules\/(@nestjs|rxjs|reflect-metadata|tslib)\//],
  [
    'Fastify',
    /\/node_modules\/(fastify|@fastify|find-my-way|fastify-plugin|avvio|secure-json-parse|fast-[\w-]+|abstract-logging|@nest-?[\w-]+)\//,
  ],
  ['HTTP: reading and writing (Node)', /^node:(_http|internal\/http)/],
];
const COLLECTOR = 'garbage collector';
const REST = 'Node: sockets, timers, promises';

/** Where the busy time went, the greatest part first. Idle time counts for nothing. */
export function partsOf(profile: CpuProfile, parts = PARTS): Part[] {
  const times = new Map<string, number>();
  const { frames, parents } = index(profile);
  let busy = 0;
  for (const [frame, id, time] of busySamples(profile, frames)) {
    busy += time;
    const part = frame.functionName === '(garbage collector)' ? COLLECTOR : partOf(id, frames, parents, parts);
    times.set(part, (times.get(part) ?? 0) + time);
  }
  return [...times].map(([name, time]) => ({ name, share: time / busy })).sort((one, other) => other.share - one.share);
}

/** Frame, node and microseconds of each sample in which the server worked; the profiler's own work is nobody's. */
function* busySamples(profile: CpuProfile, frames: ReadonlyMap<number, Frame>): Generator<[Frame, number, number]> {
  for (const [at, id] of profile.samples.entries()) {
    const frame = frames.get(id);
    if (!frame || frame.functionName === '(idle)' || frame.url.startsWith('node:inspector')) continue;
    yield [frame, id, Math.max(0, profile.timeDeltas[at] ?? 0)];
  }
}

function partOf(
  leaf: number,
  frames: ReadonlyMap<number, Frame>,
  parents: ReadonlyMap<number, number>,
  parts: typeof PARTS,
): string {
  for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
    const frame = frames.get(id);
    if (!frame) break;
    const found = parts.find(
      ([, url, functionName]) => url.test(frame.url) && (functionName?.test(frame.functionName) ?? true),
    );
    if (found) return found[0];
  }
  return REST;
}

/** The functions that themselves took most, without those they call. */
export function functionsOf(profile: CpuProfile, count: number): Part[] {
  const times = new Map<string, number>();
  const { frames } = index(profile);
  let busy = 0;
  for (const [frame, , time] of busySamples(profile, frames)) {
    busy += time;
    const name = nameOf(frame);
    times.set(name, (times.get(name) ?? 0) + time);
  }
  return [...times]
    .map(([name, time]) => ({ name, share: time / busy }))
    .sort((one, other) => other.share - one.share)
    .slice(0, count);
}

/** A function and its file; ours by the name of its source, as the lines of what was compiled say nothing. */
function nameOf({ functionName, url, lineNumber }: Frame): string {
  const name = functionName || '(anonymous)';
  const own = /\/dist\/(src\/.*)\.js$/.exec(url)?.[1];
  if (own !== undefined) return `${name} ${own}.ts`;
  const file = url.replace(/^.*\/node_modules\//, '');
  return file === '' ? name : `${name} ${file}:${String(lineNumber + 1)}`;
}

function index({ nodes }: CpuProfile): { frames: Map<number, Frame>; parents: Map<number, number> } {
  return {
    frames: new Map(nodes.map(({ id, callFrame }) => [id, callFrame])),
    parents: new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const))),
  };
}
