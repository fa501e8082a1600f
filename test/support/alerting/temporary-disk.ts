import { execFile } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BALLAST = 'ballast';
/** Bytes in one write. */
const PIECE = 2 ** 16;

/** A small file system of its own, which can really be full. Needs the right to mount. */
export class TemporaryDisk {
  private constructor(readonly path: string) {}

  /** Whether this process may mount one. */
  static async isPossible(folder: string): Promise<boolean> {
    try {
      const disk = await TemporaryDisk.mount(join(folder, 'probe'), PIECE);
      await disk.unmount();
      return true;
    } catch {
      return false;
    }
  }

  /** @param size in bytes */
  static async mount(path: string, size: number): Promise<TemporaryDisk> {
    await mkdir(path, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', `size=${String(size)},mode=0700`, 'tmpfs', path]);
    return new TemporaryDisk(path);
  }

  /** Writes until no more than so many bytes are left. */
  async fill(left: number): Promise<void> {
    const file = await open(join(this.path, BALLAST), 'a');
    const piece = Buffer.alloc(PIECE);
    try {
      for (;;) {
        const { bavail, bsize } = await statfs(this.path);
        const over = Math.ceil(bavail * bsize - left);
        if (over <= 0) return;
        await file.write(piece, 0, Math.min(PIECE, over));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      await file.close();
    }
  }

  /** Takes away what filled it. */
  async empty(): Promise<void> {
    await rm(join(this.path, BALLAST), { force: true });
  }

  /** Whoever has it open keeps it until the end. */
  async unmount(): Promise<void> {
    await run('umount', ['--lazy', this.path]);
  }
}
