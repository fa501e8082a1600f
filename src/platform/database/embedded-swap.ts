import { existsSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSetupError } from './database.errors.js';

/** What is to become of the folders; it stands until that is done, whatever crashes meanwhile. */
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
  const plan: Swap = { next, kept };
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

/**
 * Does what `planSwap` has decided, from wherever it was interrupted: two folders cannot be renamed at once, and
 * between the two there would be no database, which a start would take for a new one.
 * @throws DatabaseSetupError when the plan cannot be read: then somebody has to look
 */
export async function finishSwap(dataDir: string): Promise<void> {
  const path = join(dataDir, PLAN);
  if (!existsSync(path)) return;
  const { next, kept } = readPlan(path);
  const current = join(dataDir, CURRENT);
  if (existsSync(next)) {
    if (existsSync(current)) await rename(current, kept);
    await rename(next, current);
    await syncFolder(dataDir);
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
