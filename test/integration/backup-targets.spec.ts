import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import S3rver from 's3rver';
import { FolderTarget } from '../../src/modules/backup/targets/folder-target.js';
import { S3Target, type S3Settings } from '../../src/modules/backup/targets/s3-target.js';
import { digestOf, textOf, type Target } from '../../src/modules/backup/targets/target.js';
import { S3Proxy } from '../support/faults/s3-proxy.js';
import { freePort } from '../support/process.js';

jest.setTimeout(120_000);

const NEVER = new AbortController().signal;
const name = (sequence: number): string => `${String(sequence).padStart(6, '0')}-a.dump`;
const chunks = (...texts: readonly string[]): Readable => Readable.from(texts.map((text) => Buffer.from(text)));
/** More than two parts of S3. */
async function* large(bytes = 40 << 20): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += 1 << 20) yield await Promise.resolve(Buffer.alloc(1 << 20, at >> 20));
}

let root: string;
let store: S3rver;
let settings: S3Settings;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'family-assistant-targets-'));
  const port = await freePort();
  store = new S3rver({
    port,
    address: '127.0.0.1',
    silent: true,
    directory: join(root, 's3'),
    configureBuckets: [{ name: 'family-backups', configs: [] }],
  });
  await store.run();
  settings = {
    endpoint: `http://127.0.0.1:${String(port)}`,
    region: 'us-east-1',
    bucket: 'family-backups',
    prefix: 'home/',
    usesPathStyle: true,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    silence: 60_000,
  };
});
afterAll(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

describe.each(['folder', 's3'] as const)('a target in a %s', (kind) => {
  let target: Target;

  beforeAll(() => {
    target = kind === 'folder' ? new FolderTarget(join(root, 'folder')) : new S3Target(settings);
  });

  it('is empty before anything was written, and names nothing secret', async () => {
    expect(await target.list()).toEqual([]);
    expect(target.description).not.toContain('S3RVER');
  });

  it('gives back what was written, and lists it', async () => {
    const written = await target.write(name(1), chunks('one ', 'two'), NEVER);
    expect(written).toEqual(await digestOf(chunks('one two')));
    expect(await textOf(await target.read(name(1)), 100)).toBe('one two');
    expect(await target.list()).toEqual([{ name: name(1), size: 7 }]);
    await target.delete(name(1));
    expect(await target.list()).toEqual([]);
    await target.delete(name(1));
  });

  it('takes what is larger than its parts', async () => {
    const written = await target.write(name(2), large(), NEVER);
    expect(written).toEqual(await digestOf(await target.read(name(2))));
    expect(written.size).toBe(40 << 20);
    await target.delete(name(2));
  });

  it('never writes over what is there', async () => {
    await target.write(name(3), chunks('first'), NEVER);
    await expect(target.write(name(3), chunks('second'), NEVER)).rejects.toMatchObject({ code: 'backup_name_taken' });
    expect(await textOf(await target.read(name(3)), 100)).toBe('first');
    await target.delete(name(3));
  });

  it('has nothing of what broke off, or was stopped', async () => {
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield* large(20 << 20);
      throw new Error('on purpose');
    }
    await expect(target.write(name(4), breaking(), NEVER)).rejects.toMatchObject({ name: 'DomainError' });
    const stop = new AbortController();
    async function* stopping(): AsyncGenerator<Uint8Array> {
      yield* large(20 << 20);
      stop.abort();
      yield* large(20 << 20);
    }
    await expect(target.write(name(5), stopping(), stop.signal)).rejects.toMatchObject({ code: 'backup_cancelled' });
    expect(await target.list()).toEqual([]);
  });

  it('says so when there is no such file', async () => {
    await expect(target.read(name(9))).rejects.toMatchObject({ code: 'backup_archive_missing' });
  });
});

describe('a folder to which others can write', () => {
  it('leads to no other folder by a link in the place of its own', async () => {
    const [folder, others] = [join(root, 'linked'), join(root, 'others')];
    for (const each of [folder, others]) await mkdir(each);
    for (const name of ['holiday.jpg', '2019.jpg', '000001-a.dump']) {
      await writeFile(join(others, name), 'theirs');
      await utimes(join(others, name), 1e9, 1e9);
    }
    await symlink(others, join(folder, '.partial'));
    const target = new FolderTarget(folder);
    const linked = { code: 'backup_target_linked' };
    await expect(target.write(name(2), chunks('x'), NEVER)).rejects.toMatchObject(linked);
    await expect(target.delete(name(1))).rejects.toMatchObject(linked);
    await expect(target.unfinished()).rejects.toMatchObject(linked);
    expect(await readdir(others)).toHaveLength(3);
  });

  it('writes over no file elsewhere, and deletes nothing that is not its own', async () => {
    const [folder, precious] = [join(root, 'mixed'), join(root, 'precious')];
    await mkdir(join(folder, '.partial'), { recursive: true });
    await writeFile(precious, 'theirs');
    await symlink(precious, join(folder, '.partial', name(1)));
    for (const left of ['notes.txt', name(7)]) {
      await writeFile(join(folder, '.partial', left), 'old');
      await utimes(join(folder, '.partial', left), 1e9, 1e9);
    }
    await new FolderTarget(folder).write(name(1), chunks('mine'), NEVER);
    expect(await readFile(precious, 'utf8')).toBe('theirs');
    expect(await readFile(join(folder, name(1)), 'utf8')).toBe('mine');
    expect(await readdir(join(folder, '.partial'))).toEqual(['notes.txt']);
  });
});

describe('a target that cannot be used', () => {
  it('says by its code why', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    const away = new S3Target({ ...settings, endpoint: `http://127.0.0.1:${String(await freePort())}` });
    await expect(away.list()).rejects.toMatchObject({ code: 'backup_target_away' });
    const stranger = new S3Target({ ...settings, accessKeyId: 'STRANGER' });
    await expect(stranger.list()).rejects.toMatchObject({ code: 'backup_target_denied' });
    const nowhere = new S3Target({ ...settings, bucket: 'somebody-elses' });
    await expect(nowhere.write(name(1), chunks('x'), NEVER)).rejects.toMatchObject({ code: 'backup_target_away' });
    await expect(new FolderTarget(file).write(name(1), chunks('x'), NEVER)).rejects.toMatchObject({
      code: 'backup_target_away',
    });
  });
});

describe('a store that takes no parts', () => {
  it('is told of by that, though it does not let what there is of them be deleted either', async () => {
    const proxy = await S3Proxy.open(Number(new URL(settings.endpoint ?? '').port));
    const target = new S3Target({ ...settings, endpoint: proxy.endpoint });
    const ended: string[] = [];
    proxy.rule = ({ method, query }) => {
      if (method === 'DELETE') ended.push(query.get('uploadId') ?? '');
      return method === 'DELETE' ? { answer: 405 } : query.has('partNumber') ? { answer: 507 } : undefined;
    };
    await expect(target.write(name(6), large(), NEVER)).rejects.toMatchObject({ code: 'backup_disk_full' });
    expect(ended).toEqual([expect.stringMatching(/./)]);
    await proxy.close();
  });
});

describe('a store that was away for long', () => {
  it('is asked as often as before when it fails again', async () => {
    const proxy = await S3Proxy.open(Number(new URL(settings.endpoint ?? '').port));
    const target = new S3Target({ ...settings, endpoint: proxy.endpoint });
    proxy.rule = () => ({ answer: 503 });
    const asked = await Promise.allSettled(Array.from({ length: 60 }, () => target.list()));
    expect(asked.filter(({ status }) => status === 'rejected')).toHaveLength(60);
    let failures = 2;
    proxy.rule = () => (failures-- > 0 ? { answer: 503 } : undefined);
    await expect(target.list()).resolves.toBeDefined();
    await proxy.close();
  });
});
