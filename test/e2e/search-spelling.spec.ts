import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import { as, found, newFamily, newFirstAdmin, newMember, newMemory, type FamilyMember } from '../support/factories.js';

let server: TestApp;
let parent: FamilyMember;
let teenager: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  await newFirstAdmin(server);
  const family = await newFamily(server);
  parent = family.parent;
  teenager = await newMember(server, family, 'teenager');
  for (const content of [
    'The accordion is in the cellar',
    'A heron stood by the pond',
    'The zither needs a new string',
    'The mortar cracked in the frost',
    'The motor was mended',
    'The motor has been sold',
    'El murciélago duerme en el desván',
  ])
    await newMemory(server, parent, content);
  await newMemory(server, teenager, 'A xylophone for the birthday');
  // As often misspelt by somebody else, who keeps it private.
  await newMemory(server, teenager, 'hreon hreon');
  for (const place of ['cellar', 'attic', 'garden']) await newMemory(server, teenager, `Mortar for the ${place}`);
  await newMemory(server, parent, '피아노조율사 번호');
});
afterAll(() => server.close());

const finds = async (who: FamilyMember, query: string): Promise<string[]> =>
  (await found(server, who, query)).map(({ content }) => content);

describe('a misspelt word of a search', () => {
  it.each([
    ['a letter too many', 'accordeion', 'The accordion is in the cellar'],
    ['a letter missing', 'acordion', 'The accordion is in the cellar'],
    ['two letters swapped', 'hreon', 'A heron stood by the pond'],
    ['another letter', 'zithar', 'The zither needs a new string'],
    ['two slips in a long word', 'murzielaro', 'El murciélago duerme en el desván'],
  ])('is found with %s', async (_what, query, content) => {
    expect(await finds(parent, query)).toEqual([content]);
  });

  it('is taken for the word that most texts have of those equally near', async () => {
    expect((await finds(parent, 'mortor')).toSorted()).toEqual(['The motor has been sold', 'The motor was mended']);
  });

  it('finds nothing when it is like no word', async () => {
    expect(await finds(parent, 'zzyzzyzz')).toEqual([]);
    expect(await finds(parent, 'heronautics')).toEqual([]);
  });

  it("is not compared with words of another's texts", async () => {
    expect(await finds(teenager, 'xilophone')).toEqual(['A xylophone for the birthday']);
    expect(await finds(parent, 'xilophone')).toEqual([]);
    // Neither does it hide that a word is strange, nor make another one the more frequent.
    expect(await finds(parent, 'hreon')).toEqual(['A heron stood by the pond']);
    expect((await finds(parent, 'mortor')).toSorted()).toEqual(['The motor has been sold', 'The motor was mended']);
  });

  it('is not compared with what holds no more, unless it is asked for', async () => {
    const person = (await newFamily(server)).parent;
    const { id } = await newMemory(server, person, 'The acordion is in the attic');
    const before = new Date().toISOString();
    await as(server, person).patch(`/memories/${id}`, { content: 'The accordion is in the attic' });
    expect(await finds(person, 'acordion')).toEqual(['The accordion is in the attic']);
    expect((await found(server, person, 'acordion', { known_at: before })).map(({ content }) => content)).toEqual([
      'The acordion is in the attic',
    ]);
  });

  it('leaves the other words as they are, in every script', async () => {
    expect(await finds(parent, '피아노조율사 zzyzzyzz')).toEqual(['피아노조율사 번호']);
  });
});
