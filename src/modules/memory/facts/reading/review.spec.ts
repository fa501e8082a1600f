import { describe, expect, it } from '@jest/globals';
import { type Person, understand } from '../index.js';

const person = (id: string, ageGroup: Person['ageGroup'], role: Person['role']): Person => ({
  id,
  firstName: id,
  lastName: null,
  nicknames: [],
  role,
  ageGroup,
  birthDate: null,
});
const marta = person('Marta', 'adult', 'parent');
const family = [
  marta,
  person('Tom', 'adult', 'parent'),
  person('Leo', 'child', 'child'),
  person('Sofia', 'teen', 'teenager'),
];
const read = (text: string): string[] =>
  understand(text, { speaker: marta, family, saidAt: new Date('2026-03-10T12:00:00Z'), timeZone: 'Europe/Madrid' }).map(
    ({ subjectId, polarity, predicate, object }) => `${subjectId ?? '?'} ${polarity} ${predicate} ${object}`,
  );

describe('what replaces nothing', () => {
  it.each([
    'I also work at Tesco',
    'I work at Tesco as well',
    'I work part-time at Tesco',
    'También trabajo en Correos',
    'I live in Madrid for two weeks',
    'Vivo en Madrid por dos semanas',
    "I'm living in Madrid temporarily",
    'I live in Madrid during the week',
    'Vivo en Madrid entre semana',
    'I live in Madrid on weekends',
    'We have two dogs',
    'Tenemos dos gatos',
    'I have two brothers',
    'Actually my favourite colour was always green',
  ])('%s', (text) => {
    expect(read(text)).toEqual([]);
  });
});

describe('what does', () => {
  it.each([
    ["I've lived in York for two months", ['Marta asserts home_location York']],
    ['Leo switched schools, he now goes to Roosevelt', ['Leo ends school *', 'Leo asserts school Roosevelt']],
    ['Sofia ha cambiado de instituto, ahora va al Goya', ['Sofia ends school *', 'Sofia asserts school Goya']],
    ['No vivo en Vigo sino en Ourense', ['Marta denies home_location Vigo', 'Marta asserts home_location Ourense']],
    ["I don't live in Leeds but in York", ['Marta denies home_location Leeds', 'Marta asserts home_location York']],
    ['I do not live in Leeds, but in York', ['Marta denies home_location Leeds', 'Marta asserts home_location York']],
    ['I no longer live in Leeds but in York', ['Marta ends home_location Leeds', 'Marta asserts home_location York']],
    ["I'm not living in Leeds but in York", ['Marta denies home_location Leeds', 'Marta asserts home_location York']],
    ['Ya no vivo en Vigo sino en Ourense', ['Marta ends home_location Vigo', 'Marta asserts home_location Ourense']],
    ['Leo started at Roosevelt High', ['Leo asserts school Roosevelt High']],
    ['We have two children, Leo and Mia', ['Marta asserts child Leo', 'Marta asserts child Mia']],
    ['We have two dogs, Max and Bella', ['Marta asserts pet dog called Max', 'Marta asserts pet dog called Bella']],
    ['I live in Lisbon, not Madrid', ['Marta asserts home_location Lisbon']],
    ['My birthday is 4 May, not 5 May', ['Marta asserts birth_date 4 May']],
    ['My favourite colour was green', ['Marta ends favourite_colour green']],
    ['Paul y yo nos divorciamos', ['Marta asserts relationship_status divorciado', 'Marta ends spouse *']],
    ['We got divorced', ['Marta asserts relationship_status divorced', 'Marta ends spouse *']],
    ['Paul is not my husband anymore', ['Marta ends spouse Paul']],
    ['Paul is not my husband', ['Marta denies spouse Paul']],
    ["I'm not pregnant", ['Marta ends pregnancy *']],
    ['Ya no estoy embarazada', ['Marta ends pregnancy *']],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('is for both who are of the family', () => {
    expect(read('Tom and I got divorced')).toEqual([
      'Marta asserts relationship_status divorced',
      'Tom asserts relationship_status divorced',
      'Marta ends spouse *',
      'Tom ends spouse *',
    ]);
  });
});
