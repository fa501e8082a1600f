import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { statDataDisk } from './data-disk.js';

describe('the disk of the data', () => {
  it('is that of its folder, whatever database there is', async () => {
    // A file system of its own on every Linux.
    expect((await statDataDisk('/proc')).type).toBe((await statfs('/proc')).type);
    expect((await statDataDisk('/proc')).type).not.toBe((await statfs('.')).type);
  });

  it('is that of the server before there is a folder', async () => {
    expect((await statDataDisk(join('.', 'no-such-folder'))).type).toBe((await statfs('.')).type);
  });
});
