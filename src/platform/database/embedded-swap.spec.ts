import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { finishSwap, isSwapPlanned, planSwap } from './embedded-swap.js';

describe('the swap of two databases', () => {
  let root: string;
  let data: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'family-assistant-swap-'));
    data = join(root, 'data');
    for (const name of ['database', 'next']) {
      await mkdir(join(data, name), { recursive: true });
      await writeFile(join(data, name, 'is'), name);
    }
  });
  afterEach(() => rm(root, { recursive: true }));

  const current = (): Promise<string> => readFile(join(data, 'database/is'), 'utf8');

  it('is done from wherever it was interrupted, also where the data are mounted elsewhere by then', async () => {
    const kept = (await planSwap(data, join(data, 'next'))) ?? '';
    await rename(join(data, 'database'), kept);
    await rename(data, join(root, 'elsewhere'));
    data = join(root, 'elsewhere');
    await finishSwap(data);
    expect(await current()).toBe('next');
    expect(isSwapPlanned(data)).toBe(false);
    await finishSwap(data);
    expect(await current()).toBe('next');
  });

  it('lets nobody begin anew where there is no database any more: the plan stands', async () => {
    const kept = (await planSwap(data, join(data, 'next'))) ?? '';
    await rename(join(data, 'database'), kept);
    await rm(join(data, 'next'), { recursive: true });
    await expect(finishSwap(data)).rejects.toMatchObject({ name: 'DatabaseSetupError' });
    expect(isSwapPlanned(data)).toBe(true);
    expect(existsSync(join(data, 'database'))).toBe(false);
  });
});
