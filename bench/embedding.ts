/**
 * Speed of a local model: `node --import ./scripts/ts-hooks.mjs bench/embedding.ts FOLDER [THREADS]`.
 * Prints milliseconds a query, passages a second (about 30 tokens each), and the wait of a query behind passages.
 */
import { LocalEmbedder } from '../src/modules/memory/embedding/index.js';

const [folder = '', threads] = process.argv.slice(2);
const PASSAGE =
  'On Saturday Leo told us that he wants to change school next autumn, because the new one has a music class, number';
const QUERIES = 200;
const PASSAGES = 256;

const before = process.memoryUsage.rss();
let start = performance.now();
const embedder = await LocalEmbedder.open({
  folder,
  prefixes: 'auto',
  ...(threads === undefined ? {} : { threads: Number(threads) }),
});
const opened = performance.now() - start;
start = performance.now();
await embedder.load();
const loaded = performance.now() - start;

async function queries(): Promise<number[]> {
  const times = [];
  for (let i = 0; i < QUERIES; i += 1) {
    const begun = performance.now();
    await embedder.embedQuery(`when is the birthday of grandma ${String(i)}?`);
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b);
}

const at = (times: readonly number[], share: number): number =>
  Number((times[Math.floor(times.length * share)] ?? 0).toFixed(1));

await queries();
const idle = await queries();
start = performance.now();
await embedder.embedPassages(Array.from({ length: PASSAGES }, (_, i) => `${PASSAGE} ${String(i)}`));
const passageSeconds = (performance.now() - start) / 1000;

const background = embedder
  .embedPassages(Array.from({ length: 4 * PASSAGES }, (_, i) => `${PASSAGE} ${String(i)}`))
  .then(
    () => undefined,
    () => undefined, // closed before its end
  );
const busy = [];
for (let i = 0; i < 50; i += 1) {
  const begun = performance.now();
  await embedder.embedQuery('when is the birthday of grandma?');
  busy.push(performance.now() - begun);
}
busy.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    model: embedder.model.id,
    open_ms: Math.round(opened),
    load_ms: Math.round(loaded),
    memory_mb: Math.round((process.memoryUsage.rss() - before) / 1e6),
    query_ms: { p50: at(idle, 0.5), p95: at(idle, 0.95) },
    passages_per_s: Number((PASSAGES / passageSeconds).toFixed(1)),
    query_behind_passages_ms: { p50: at(busy, 0.5), p95: at(busy, 0.95) },
  }),
);
await embedder.close();
await background;
