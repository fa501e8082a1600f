import * as files from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { JournalFs } from '../../../src/modules/alerting/delivery/journal/journal-folder.js';

/** What is wrong with a disk: it is full, read-only, broken when it is to sync, or it does not answer. */
export type DiskState = 'well' | 'full' | 'readonly' | 'broken' | 'hanging';
/** Where a process may be killed: around the sync of an appended line, and while the journal is written anew. */
export type KillPoint = 'before-sync' | 'after-sync' | 'partial' | 'before-rename' | 'after-rename';

const failing = (code: string): Error => Object.assign(new Error(code), { code });

/** The file system, which breaks on demand, and ends the process where it is told to. */
export class BrokenFs {
  disk: DiskState = 'well';
  killAt: KillPoint | undefined;
  private readonly stuck: (() => void)[] = [];

  readonly fs: JournalFs = {
    ...files,
    open: async (...args: Parameters<typeof files.open>) => {
      await this.touch(String(args[1] ?? 'r') !== 'r');
      return this.wrap(await files.open(...args), String(args[0]).endsWith('.partial'));
    },
    rename: async (...args) => {
      await this.touch(true);
      this.reach('before-rename');
      await files.rename(...args);
      this.reach('after-rename');
    },
  };

  /** Lets go of what hangs. */
  heal(): void {
    this.disk = 'well';
    for (const go of this.stuck.splice(0)) go();
  }

  private wrap(file: FileHandle, isPartial: boolean): FileHandle {
    const { appendFile, writeFile, datasync, sync } = file;
    file.appendFile = async (data, ...rest) => {
      if (this.disk === 'full' && typeof data === 'string') await appendFile.call(file, data.slice(0, 20));
      await this.touch(true);
      await appendFile.call(file, data, ...rest);
    };
    file.writeFile = async (data, ...rest) => {
      await this.touch(true);
      if (isPartial && this.killAt === 'partial' && typeof data === 'string') {
        await writeFile.call(file, data.slice(0, 40));
        this.reach('partial');
      }
      await writeFile.call(file, data, ...rest);
    };
    file.datasync = async () => {
      this.reach('before-sync');
      if (this.disk === 'broken') throw failing('EIO');
      await this.touch(true);
      await datasync.call(file);
      this.reach('after-sync');
    };
    file.sync = async () => {
      if (this.disk === 'broken') throw failing('EIO');
      await sync.call(file);
    };
    return file;
  }

  private async touch(isWriting: boolean): Promise<void> {
    if (this.disk === 'hanging')
      await new Promise<void>((resolve) => {
        this.stuck.push(resolve);
      });
    if (isWriting && this.disk === 'full') throw failing('ENOSPC');
    if (isWriting && this.disk === 'readonly') throw failing('EROFS');
  }

  private reach(point: KillPoint): void {
    if (this.killAt === point) process.kill(process.pid, 'SIGKILL');
  }
}
