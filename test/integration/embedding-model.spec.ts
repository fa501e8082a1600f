import { beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { dot, LocalEmbedder } from '../../src/modules/memory/embedding/index.js';

/** A folder with multilingual-e5-small, or any model that knows English and Spanish. */
const FOLDER = process.env['TEST_EMBEDDINGS_MODEL'];

const MEMORIES = [
  'Leo is allergic to peanuts and carries an adrenaline pen',
  'Grandma was born on the third of May 1950',
  'We moved from Porto to Lisbon last summer',
  'Mia has violin lessons on Tuesday afternoons',
  'El perro se llama Toby y duerme en la cocina',
  'A la abuela le gusta el café sin azúcar',
  'Papá trabaja en el hospital como enfermero',
  'The spare key is under the blue flower pot',
];

(FOLDER === undefined ? describe.skip : describe)('a real model', () => {
  let embedder: LocalEmbedder;
  beforeAll(async () => {
    embedder = await LocalEmbedder.open({ folder: FOLDER ?? '', prefixes: 'auto' });
  });
  afterAll(() => embedder.close());

  it.each([
    ['food that is dangerous for Leo', 0],
    ['when is the birthday of grandmother?', 1],
    ['where did we live before Lisbon?', 2],
    ['¿qué instrumento toca Mia?', 3],
    ["what is our dog's name?", 4],
    ['how does grandma take her coffee?', 5],
    ['what does dad do for a living?', 6],
    ['where can I find the other key of the house?', 7],
  ])('finds what "%s" asks for', async (question, expected) => {
    const vectors = await embedder.embedPassages(MEMORIES);
    const query = await embedder.embedQuery(question);
    const scores = vectors.map((vector) => dot(vector, query));
    expect(scores.indexOf(Math.max(...scores))).toBe(expected);
  });

  it('gives a text the same vector alone and among others', async () => {
    const together = await embedder.embedPassages(MEMORIES);
    for (const [at, text] of MEMORIES.entries()) {
      const [alone] = await embedder.embedPassages([text]);
      expect(dot(alone ?? new Float32Array(), together[at] ?? new Float32Array())).toBeGreaterThan(0.9999);
    }
  });

  it('takes a text far beyond its limit', async () => {
    const [vector] = await embedder.embedPassages(['The dog sleeps in the kitchen. '.repeat(5000)]);
    const query = await embedder.embedQuery('where does the dog sleep?');
    expect(dot(vector ?? new Float32Array(), query)).toBeGreaterThan(0.7);
  });
});
