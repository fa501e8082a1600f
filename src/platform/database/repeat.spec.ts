import { describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { TransactionRunner } from './transaction-runner.js';

const failing = (code: string): Error => Object.assign(new Error('refused'), { driverError: { code } });

/** A runner whose transactions do nothing but their work. */
const runner = new TransactionRunner({
  transaction: (work: (manager: object) => Promise<unknown>) =>
    work({ query: () => Promise.resolve([{ is_live: true }]) }),
} as unknown as DataSource);
const viewer = { sessionId: 'session', accessVersion: 1 };

describe.each([
  ['of a person', (work: () => Promise<string>) => runner.run(viewer, work)],
  ['on accounts', (work: () => Promise<string>) => runner.runAsIdentity(work)],
])('a transaction %s', (_whose, run) => {
  it.each([
    ['40P01', 4],
    ['40001', 4],
    ['23505', 1],
    ['57014', 1],
  ])('that ends with %s is begun %i times', async (code, attempts) => {
    let begun = 0;
    const error = failing(code);
    const work = (): Promise<string> => {
      begun += 1;
      return Promise.reject(error);
    };
    await expect(run(work)).rejects.toBe(error);
    expect(begun).toBe(attempts);
  });

  it('gives what the repetition gives', async () => {
    let begun = 0;
    const work = (): Promise<string> => {
      begun += 1;
      return begun < 3 ? Promise.reject(failing('40P01')) : Promise.resolve('done');
    };
    await expect(run(work)).resolves.toBe('done');
  });
});
