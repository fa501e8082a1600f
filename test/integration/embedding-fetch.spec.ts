import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ModelFetchError } from '../../src/cli/models-errors.js';
import { fetchModel, type FetchRequest } from '../../src/cli/models-fetch.js';
import { E5_SMALL, type PinnedFile } from '../../src/cli/models-files.js';
import { progressOn } from '../../src/cli/models-progress.js';
import { fetchAndSwitch } from '../../src/cli/models.js';
import { chooseEmbedding, loadConfig, modelFolder } from '../../src/platform/config/index.js';
import { breakOff, FileServer } from '../support/embedding/file-server.js';
import { ensureBuilt } from '../support/process.js';

const TINY = join(import.meta.dirname, '../support/embedding/tiny-model');
const CLI = join(import.meta.dirname, '../../dist/src/cli/main.js');
const BIG = randomBytes(300_000);

let server: FileServer;
let scratch: string;
let into: string;
beforeEach(async () => {
  server = await FileServer.start();
  scratch = mkdtempSync(join(tmpdir(), 'family-assistant-fetch-'));
  into = join(scratch, 'models', 'tiny');
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx']) {
    server.files.set(name, readFileSync(join(TINY, name)));
  }
  server.files.set('onnx/big.bin', BIG);
});
afterEach(async () => {
  await server.stop();
  rmSync(scratch, { recursive: true });
});

function pin(path: string): PinnedFile {
  const content = server.files.get(path) ?? Buffer.alloc(0);
  return { path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}
const all = (): PinnedFile[] => [...server.files.keys()].map(pin);

const fetchInto = (more: Partial<FetchRequest> = {}): Promise<boolean> =>
  fetchModel({ from: server.url, into, files: all(), onProgress: () => undefined, firstDelay: 1, ...more });

async function refusal(attempt: Promise<unknown>): Promise<ModelFetchError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ModelFetchError) return error;
  throw new Error(`not refused as it should be: ${String(error)}`);
}

function expectWhole(): void {
  for (const [name, content] of server.files) expect(readFileSync(join(into, name)).equals(content)).toBe(true);
  expect(existsSync(`${into}.part`)).toBe(false);
}

const requestsOf = (path: string): (string | undefined)[] =>
  server.requests.filter((request) => request.path === path).map(({ range }) => range);

describe('a model', () => {
  it('is fetched whole, and not again', async () => {
    const seen: number[] = [];
    const files = all();
    const total = files.reduce((sum, { size }) => sum + size, 0);
    const onProgress = (received: number, of: number): void => {
      expect(of).toBe(total);
      seen.push(received);
    };
    expect(await fetchInto({ onProgress })).toBe(true);
    expectWhole();
    expect(seen.at(-1)).toBe(total);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    const { length } = server.requests;
    expect(await fetchInto()).toBe(false);
    expect(server.requests).toHaveLength(length);
  });

  it('is continued after broken connections, byte by byte where it stopped', async () => {
    server.fault = breakOff(100_000, 20);
    // A break can come before anything has arrived, on a busy machine many times; then it is asked for from there again.
    expect(await fetchInto({ files: [pin('onnx/big.bin')], attempts: 25, firstDelay: 1 })).toBe(true);
    expect([...new Set(requestsOf('onnx/big.bin'))]).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
    expect(readFileSync(join(into, 'onnx/big.bin')).equals(BIG)).toBe(true);
  });

  it('is continued by a later run', async () => {
    server.fault = (request, response, content) => {
      if (request.headers.range !== undefined) return false;
      return breakOff(120_000, 1)(request, response, content);
    };
    const files = [pin('onnx/big.bin')];
    // A first run that is told to give up at the first failure.
    const first = fetchInto({ files, attempts: 0 });
    expect((await refusal(first)).code).toBe('model_source_unavailable');
    expect(existsSync(into)).toBe(false);
    expect(await fetchInto({ files })).toBe(true);
    expect(requestsOf('onnx/big.bin').at(-1)).toBe('bytes=120000-');
  });

  it('is begun again on a server without Range', async () => {
    server.supportsRange = false;
    let isFirst = true;
    server.fault = (request, response, content) => {
      const wasFirst = isFirst;
      isFirst = false;
      return wasFirst && breakOff(100_000, 1)(request, response, content);
    };
    expect(await fetchInto({ files: [pin('onnx/big.bin')] })).toBe(true);
    expect(requestsOf('onnx/big.bin')).toHaveLength(2);
    expect(readFileSync(join(into, 'onnx/big.bin')).equals(BIG)).toBe(true);
  });

  it.each([
    ['of an earlier version', randomBytes(50_000)],
    ['longer than the file', randomBytes(400_000)],
  ])('is begun again when what an earlier run left is %s', async (_what, left) => {
    mkdirSync(join(`${into}.part`, 'onnx'), { recursive: true });
    writeFileSync(join(`${into}.part`, 'onnx/big.bin.part'), left);
    expect(await fetchInto()).toBe(true);
    expectWhole();
  });

  it('that is damaged is replaced', async () => {
    await fetchInto();
    writeFileSync(join(into, 'config.json'), '{');
    rmSync(join(into, 'onnx/big.bin'));
    expect(await fetchInto()).toBe(true);
    expectWhole();
    expect(readdirSync(join(scratch, 'models')).sort()).toEqual(['tiny', 'tiny.lock']);
  });

  it('comes from a server that fails now and then', async () => {
    const statuses = [503, 429, 500];
    server.fault = (_request, response) => {
      const status = statuses.pop();
      if (status !== undefined) response.writeHead(status).end();
      return status !== undefined;
    };
    expect(await fetchInto()).toBe(true);
    expectWhole();
  });
});

describe('nothing is published when', () => {
  afterEach(() => {
    expect(existsSync(into)).toBe(false);
  });

  it('a file has another checksum', async () => {
    const files = all();
    server.files.set('onnx/big.bin', randomBytes(BIG.length));
    expect((await refusal(fetchInto({ files }))).code).toBe('model_checksum_mismatch');
    expect(existsSync(join(`${into}.part`, 'onnx/big.bin.part'))).toBe(false);
  });

  it.each([
    ['shorter', BIG.subarray(9)],
    ['longer', Buffer.concat([BIG, BIG])],
  ])('a file is %s', async (_what, content) => {
    const files = all();
    server.files.set('onnx/big.bin', content);
    expect((await refusal(fetchInto({ files }))).code).toBe('model_checksum_mismatch');
    server.fault = (_request, response) => {
      response.end(content); // without a length
      return true;
    };
    const second = await refusal(fetchInto({ files: [files.at(-1) ?? pin('')] }));
    expect(second.code).toMatch(/^model_(checksum_mismatch|source_unavailable)$/);
  });

  it('a file is not there', async () => {
    const files = all();
    server.files.delete('tokenizer.json');
    const error = await refusal(fetchInto({ files }));
    expect(error.code).toBe('model_not_found');
    expect(error.message).toContain(`${server.url}/tokenizer.json`);
    expect(requestsOf('tokenizer.json')).toHaveLength(1);
  });

  it('nobody answers', async () => {
    const files = all();
    const from = server.url;
    await server.stop();
    const error = await refusal(
      fetchModel({ from, into, files, attempts: 2, firstDelay: 1, onProgress: () => undefined }),
    );
    expect(error).toMatchObject({ code: 'model_source_unavailable', message: expect.stringContaining('ECONNREFUSED') });
    server = await FileServer.start();
  });

  it('the server falls silent', async () => {
    server.fault = (_request, response, content) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 10));
      return true;
    };
    const error = await refusal(fetchInto({ attempts: 1, idleTimeout: 50 }));
    expect(error).toMatchObject({ code: 'model_source_unavailable', message: expect.stringContaining('50 ms') });
  });

  it('the disk has no room for it', async () => {
    expect((await refusal(fetchInto({ freeBytes: () => Promise.resolve(1000) }))).code).toBe('disk_full');
    expect(server.requests).toEqual([]);
  });

  it('the disk becomes full meanwhile', async () => {
    // /dev/full answers each write as a full disk does.
    mkdirSync(join(`${into}.part`, 'onnx'), { recursive: true });
    symlinkSync('/dev/full', join(`${into}.part`, 'onnx/big.bin.part'));
    expect((await refusal(fetchInto())).code).toBe('disk_full');
  });
});

describe('a folder', () => {
  it('with other files is left alone', async () => {
    mkdirSync(into, { recursive: true });
    writeFileSync(join(into, 'diary.txt'), 'mine');
    expect((await refusal(fetchInto())).code).toBe('folder_unusable');
    expect(readFileSync(join(into, 'diary.txt'), 'utf8')).toBe('mine');
  });

  it('that is a file, or lies below one, is refused', async () => {
    writeFileSync(join(scratch, 'file'), '');
    expect((await refusal(fetchInto({ into: join(scratch, 'file') }))).code).toBe('folder_unusable');
    expect((await refusal(fetchInto({ into: join(scratch, 'file', 'below') }))).code).toBe('folder_unusable');
  });

  it('takes one fetch at a time', async () => {
    let release = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      server.fault = (_request, response, content) => {
        release = () => response.end(content);
        resolve();
        server.fault = () => false;
        return true;
      };
    });
    const first = fetchInto();
    await asked;
    expect((await refusal(fetchInto())).code).toBe('fetch_in_progress');
    release();
    expect(await first).toBe(true);
  });
});

describe('the command', () => {
  const run = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    ensureBuilt();
    const env = { PATH: process.env['PATH'], DATA_DIR: join(scratch, 'data') };
    return new Promise((resolve) => {
      execFile(process.execPath, [CLI, 'models', 'fetch', ...args], { cwd: scratch, env }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  };

  it('switches the data folder to the model it has tried', async () => {
    const config = loadConfig({ DATA_DIR: join(scratch, 'data') });
    const said: string[] = [];
    const progress = progressOn({ write: (text: unknown) => said.push(String(text)) > 0 }, false);
    server.files.delete('onnx/big.bin');
    await fetchAndSwitch(config, { from: server.url }, progress, all());
    const folder = modelFolder(config.server.dataDir, 'multilingual-e5-small');
    expect(chooseEmbedding({}, config.server.dataDir)).toEqual({ provider: 'local', model: folder });
    const events = said.map((line) => JSON.parse(line) as { event: string; percent?: number });
    expect(events.at(-1)).toMatchObject({ event: 'done', folder });
    expect(events.some(({ event, percent }) => event === 'progress' && percent === 100)).toBe(true);
  });

  it('does not switch to a model that does not run, and says when the environment wins', async () => {
    const config = loadConfig({ DATA_DIR: join(scratch, 'data'), EMBEDDINGS: 'none' });
    const said: string[] = [];
    const progress = progressOn({ write: (text: unknown) => said.push(String(text)) > 0 }, true);
    server.files.delete('onnx/big.bin');
    const whole = server.files.get('onnx/model.onnx') ?? Buffer.alloc(0);
    server.files.set('onnx/model.onnx', whole.subarray(0, 500));
    const broken = fetchAndSwitch(config, { from: server.url, into }, progress, all());
    expect((await refusal(broken)).code).toBe('model_unusable');
    expect(chooseEmbedding({}, config.server.dataDir).provider).toBe('none');
    server.files.set('onnx/model.onnx', whole);
    await fetchAndSwitch(config, { from: server.url, into }, progress, all());
    expect(chooseEmbedding({}, config.server.dataDir)).toEqual({ provider: 'local', model: into });
    expect(said.at(-1)).toContain('EMBEDDINGS=none');
    expect(said.join('')).toContain('100 %');
  });

  it('fails with 1 and a sentence, and with 2 for wrong usage', async () => {
    const failed = await run('--from', server.url);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/^config\.json is not the pinned file.*\(model_checksum_mismatch\)\n$/);
    expect((await run('--from', `${server.url}/nowhere`)).stderr).toMatch(/^http.* 404; .*\(model_not_found\)\n$/);
    for (const wrong of ['ftp://example.org', 'models', 'http://me:secret@127.0.0.1/']) {
      expect((await run('--from', wrong)).code).toBe(2);
    }
    expect((await run('--into')).code).toBe(2);
    expect(existsSync(join(scratch, 'data', 'embeddings.json'))).toBe(false);
  });

  const real = process.env['TEST_EMBEDDINGS_MODEL'];
  (real === undefined ? it.skip : it)('brings the pinned model', async () => {
    for (const { path } of E5_SMALL) server.files.set(path, readFileSync(join(real ?? '', path)));
    server.fault = breakOff(40_000_000, 1);
    const done = await run('--from', server.url);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(
      done.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object)
        .at(-1),
    ).toMatchObject({
      event: 'done',
      id: 'multilingual-e5-small@993226ea',
    });
    expect((await run('--from', 'http://127.0.0.1:9')).code).toBe(0); // nothing is left to fetch
  });
});
