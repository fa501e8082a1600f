import { existsSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { DatabaseSetupError } from './database.errors.js';

/**
 * What is to become of the folders; it stands until that is done, whatever crashes meanwhile. Paths are seen from the
 * data folder, which may be mounted elsewhere by then.
 */
interface Swap {
  /** Folder of the restored database. */
  readonly next: string;
  /** Where the present one is kept. */
  readonly kept: string;
}

const PLAN = 'swap.json';
const CURRENT = 'database';

/**
 * Decides that a restored folder takes the place of the database; `finishSwap` does it. Nobody may have it open.
 * @returns where the present one will be kept, null where there is none
 */
export async function planSwap(dataDir: string, next: string): Promise<string | null> {
  const kept = join(dataDir, `${CURRENT}.before-${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}`);
  const hasCurrent = existsSync(join(dataDir, CURRENT));
  const plan: Swap = { next: relative(dataDir, next), kept: relative(dataDir, kept) };
  const partial = join(dataDir, `${PLAN}.partial`);
  const file = await open(partial, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(plan));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, join(dataDir, PLAN));
  await syncFolder(dataDir);
  return hasCurrent ? kept : null;
}

/** Whether a swap was decided that is not done yet: what it names must stay. */
export const isSwapPlanned = (dataDir: string): boolean => existsSync(join(dataDir, PLAN));

/**
 * Does what `planSwap` has decided, from wherever it was interrupted: two folders cannot be renamed at once, and
 * between the two there would be no database, which a start would take for a new one. Whoever calls it has the folder.
 * @throws DatabaseSetupError when the plan cannot be read, or there is no database at all: then somebody has to look
 */
export async function finishSwap(dataDir: string): Promise<void> {
  if (!isSwapPlanned(dataDir)) return;
  const path = join(dataDir, PLAN);
  const plan = readPlan(path);
  const [next, kept] = [resolve(dataDir, plan.next), resolve(dataDir, plan.kept)];
  const current = join(dataDir, CURRENT);
  if (existsSync(next)) {
    if (existsSync(current)) await rename(current, kept);
    await rename(next, current);
    await syncFolder(dataDir);
  } else if (!existsSync(current)) {
    throw new DatabaseSetupError(
      `A restore was interrupted, and neither ${next} nor ${current} is there: rename ${kept} to ${current} if it is, delete ${path}, and restore again`,
    );
  }
  await rm(path);
  await syncFolder(dataDir);
}

function readPlan(path: string): Swap {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Swap;
  } catch {
    throw new DatabaseSetupError(`${path} cannot be read: a restore was interrupted; run it again`);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
