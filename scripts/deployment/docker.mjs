/** What the checks of images do with the Docker engine and with a server in a container. */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT = 120_000;

/**
 * Runs `docker` with these arguments.
 * @param {string[]} args
 * @returns {{ code: number | null, out: string, all: string }} `out` is what it printed, `all` with its errors
 */
export function docker(...args) {
  const { status, stdout, stderr } = spawnSync('docker', args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: LIMIT,
  });
  return { code: status, out: stdout.trim(), all: `${stdout}${stderr}` };
}

/**
 * The same, where anything but success is a fault.
 * @param {string[]} args
 * @returns {string} what it printed
 */
export function must(...args) {
  const { code, out, all } = docker(...args);
  if (code !== 0) throw new Error(`docker ${args.slice(0, 3).join(' ')}: exit ${code}: ${all.trim().slice(-500)}`);
  return out;
}

/**
 * Waits until something is so.
 * @param {string} what named when it does not come
 * @param {() => unknown} isSo may be asynchronous and may throw, which means "not yet"
 * @param {number} limit milliseconds
 */
export async function until(what, isSo, limit = LIMIT) {
  const end = performance.now() + limit;
  for (;;) {
    try {
      const found = await isSo();
      if (found) return found;
    } catch {
      // Not yet.
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${limit / 1000} s`);
    await sleep(100);
  }
}

/**
 * Names, modes and sizes of all files of an image; devices have none.
 * @param {string} image
 * @returns {{ path: string, size: number, mode: string }[]}
 */
export function filesOf(image) {
  const container = must('create', image);
  try {
    const list = spawnSync('sh', ['-c', 'docker export "$1" | tar -tvf -', 'sh', container], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    }).stdout;
    return list
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/))
      .map(([mode = '', , size, , , path = '']) => ({ mode, size: Number(size) || 0, path: `/${path}` }));
  } finally {
    docker('rm', '--volumes', container);
  }
}

/**
 * What takes the space, the largest first.
 * @param {{ path: string, size: number }[]} files
 * @param {number} depth of the folders
 * @returns {string[]} lines "megabytes folder"
 */
export function sizesByFolder(files, depth) {
  const sums = new Map();
  for (const { path, size } of files) {
    const folder = path
      .split('/')
      .slice(0, depth + 1)
      .join('/');
    sums.set(folder, (sums.get(folder) ?? 0) + size);
  }
  return [...sums]
    .toSorted(([, one], [, other]) => other - one)
    .map(([folder, size]) => `${(size / 1e6).toFixed(1).padStart(7)} MB  ${folder}`);
}

/**
 * Speaks to a server under an address, as one person.
 * @param {string} url
 */
export function personAt(url) {
  let token = '';
  const send = async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    return { status: answer.status, body: await answer.json().catch(() => ({})) };
  };
  return {
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    signIn: async (email, password) => {
      const { status, body } = await send('POST', '/api/v1/auth/login', { email, password });
      token = body.access_token ?? '';
      return status;
    },
  };
}
