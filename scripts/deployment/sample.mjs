/** Proves with a few files of the end-to-end suite that it passes in the container; `make docker-test-e2e` takes them all. */
import { readdirSync } from 'node:fs';
import { FILES } from './suite/excluded.mjs';
import { runSpecs } from './suite.mjs';

const FOLDER = 'test/e2e';
const FILES_PER_RUN = 3;
const DAY = 86_400_000;

/** Another part each day, the same all day long: what fails can be run again. `FA_SAMPLE` takes that of another day. */
const seed = Number(process.env.FA_SAMPLE ?? Math.floor(Date.now() / DAY));

/** Files in an order that the seed decides (mulberry32, by Tommy Ettinger). */
function shuffled(files) {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return files.map((file) => ({ file, at: random() })).toSorted((one, other) => one.at - other.at);
}

/**
 * @param {ReturnType<import('./checks.mjs').newChecks>['check']} check
 * @param {string} image of the server
 */
export async function checkSample(check, image) {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.spec.ts') && !(name in FILES));
  const chosen = shuffled(files.toSorted()).slice(0, FILES_PER_RUN);
  const names = chosen.map(({ file }) => `${FOLDER}/${file}`);
  await check(`passes in the container, with FA_SAMPLE=${seed}: ${names.join(', ')}`, () => {
    const { status, stdout } = runSpecs(image, names, { onServers: false, stdio: ['ignore', 'pipe', 'inherit'] });
    return status === 0 && stdout.trim().split('\n').at(-1);
  });
}
