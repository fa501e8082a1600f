import { expect, it } from '@jest/globals';
import type { TransactionRunner } from '../../../platform/database/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { ChangedMeanwhile, MemoryError } from '../memory.errors.js';
import { WritingService } from './writing.service.js';

const nobody = {} as Principal;

it.each([
  ['a value that is there and stays there', new MemoryError('memory_conflict'), 2],
  ['a change to the same memory', new ChangedMeanwhile(), 4],
  ['a deadlock, which the runner has tried again', Object.assign(new Error('deadlock'), { code: '40P01' }), 1],
  ['what is refused', new MemoryError('not_allowed_for_memory'), 1],
  ['a fault', new Error('a fault'), 1],
])('tries again only what can change: %s', async (_what, error, attempts) => {
  let tried = 0;
  const runner = {
    run: () => {
      tried += 1;
      return Promise.reject(error);
    },
  } as unknown as TransactionRunner;
  await expect(new WritingService(runner).run(nobody, () => Promise.resolve())).rejects.toBe(error);
  expect(tried).toBe(attempts);
});
