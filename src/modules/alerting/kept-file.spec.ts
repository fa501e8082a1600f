import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KeptFile } from './kept-file.js';

describe('a kept file', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kept-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('has the last of what was written at once, and leaves nothing beside it', async () => {
    const path = join(folder, 'deep', 'state.json');
    const file = new KeptFile(path);
    expect(await file.read()).toBeUndefined();
    await Promise.all([1, 2, 3, 4].map((state) => file.write({ state })));
    expect(await new KeptFile(path).read()).toEqual({ state: 4 });
    expect(await readdir(join(folder, 'deep'))).toEqual(['state.json']);
  });

  it('that is damaged is said to be', async () => {
    const path = join(folder, 'state.json');
    await writeFile(path, '{"state":');
    await expect(new KeptFile(path).read()).rejects.toThrow(SyntaxError);
  });

  it('that cannot be written keeps nothing half done, and is written when it can be', async () => {
    const path = join(folder, 'deep', 'state.json');
    await writeFile(join(folder, 'deep'), 'in the way');
    const file = new KeptFile(path);
    await expect(file.write(1)).rejects.toMatchObject({ code: expect.any(String) });
    await rm(join(folder, 'deep'));
    await file.write(2);
    expect(await file.read()).toBe(2);
  });
});
