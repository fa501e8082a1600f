import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SampleStore, type StoredSample } from '../../src/cli/eval-families.js';
import { readDataset, recallOf, type Asked } from '../../src/modules/memory/evaluation/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFirstAdmin } from '../support/factories.js';

const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'retrieval', 'ferrandis.json');

/** Words alone, without vectors: what every installation finds. */
describe('retrieval in a family of our own', () => {
  let server: TestApp;
  let store: SampleStore;
  let stored: StoredSample;
  const asked: Asked[] = [];

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open', EMBEDDINGS: 'none', JOBS_ENABLED: 'false' } });
    await newFirstAdmin(server);
    const [sample] = readDataset(readFileSync(FIXTURE, 'utf8'));
    if (!sample) throw new Error('the fixture is empty');
    store = new SampleStore(server.app);
    stored = await store.store(sample);
    for (const question of sample.questions)
      asked.push(await store.evaluation.ask(stored.principal, sample, question, stored.names, { explain: true }));
  });
  afterAll(() => server.close());

  const of = (category: string): Asked[] => asked.filter((one) => one.category === category);
  const ten = (some: readonly Asked[]): number => recallOf(some).perQuestion[1] ?? 0;

  it('asks 60 questions and more', () => {
    expect(asked.length).toBeGreaterThanOrEqual(60);
  });

  it('finds nine of ten answers among the first ten hits', () => {
    expect(ten(asked)).toBeGreaterThanOrEqual(0.9);
  });

  it.each(['time', 'kinship', 'spanish', 'memory', 'typo'])('%s: finds four of five and more', (category) => {
    expect(ten(of(category))).toBeGreaterThanOrEqual(0.8);
  });

  it('finds by a name in two swapped letters, and by a Spanish question through the name alone', async () => {
    for (const [question, evidence] of [
      ['What did Anslemo ask for?', 'D8:7'],
      ['¿Con quién cambió el turno Pilar?', 'D6:2'],
    ] as const) {
      const one = await store.evaluation.ask(
        stored.principal,
        stored.sample,
        { question, evidence: [evidence], category: 'name' },
        stored.names,
        { explain: false },
      );
      expect(ten([one])).toBe(1);
    }
  });

  it('explains a score by parts that add up over the candidates', () => {
    const parts = asked.flatMap(({ parts: all = [] }) => all.flatMap(({ scores }) => (scores ? [scores] : [])));
    expect(parts.length).toBeGreaterThan(60);
    expect(parts.every((scores) => Object.values(scores).every(Number.isFinite))).toBe(true);
  });
});
