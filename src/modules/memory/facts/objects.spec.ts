import { describe, expect, it } from '@jest/globals';
import { compareObjects, objectKey } from './index.js';

describe('objectKey', () => {
  it.each([
    ['home_location', 'Sevilla', 'Seville'],
    ['allergy', 'los cacahuetes', 'Peanuts'],
    ['school', "St. Mary's school", 'St Marys School'],
    ['birth_date', '4 de mayo de 2015', 'May 4th, 2015'],
    ['birth_date', '29/02/1952', 'the 29th of February 1952'],
    ['phone_number', '+34 612 345 678', '0034612345678'],
    ['age', 'siete', '7'],
    ['language', 'Inglés', 'english'],
    ['diet', 'vegetariana', 'Vegetarian'],
    ['pet', 'perro que se llama Toby', 'dog called Toby'],
    ['relationship_status', 'divorciados', 'divorced'],
    ['occupation', 'enfermera', 'a nurse'],
  ])('%s: %s is %s', (predicate, one, other) => {
    expect(objectKey(predicate, one)).toBe(objectKey(predicate, other));
  });

  it.each([
    ['allergy', 'nuts', 'peanuts'],
    ['home_location', 'Madrid', 'Seville'],
    ['birth_date', '4 May', '5 May'],
  ])('%s: %s is not %s', (predicate, one, other) => {
    expect(objectKey(predicate, one)).not.toBe(objectKey(predicate, other));
  });
});

describe('compareObjects', () => {
  const compare = (predicate: string, one: string, other: string): string =>
    compareObjects(predicate, objectKey(predicate, one), objectKey(predicate, other));
  it.each([
    ['home_location', 'Calle Mayor 3, Madrid', 'Madrid', 'finer'],
    ['home_location', 'Madrid', 'Calle Mayor 3, Madrid', 'coarser'],
    ['birth_date', '4 May 2016', 'May 4', 'finer'],
    ['phone_number', '+34 612345678', '612345678', 'finer'],
    ['pet', 'dog called Rex', 'Rex', 'finer'],
    ['allergy', 'tree nuts', 'nuts', 'different'],
    ['home_location', 'York', 'New York', 'different'],
  ])('%s: %s is to %s %s', (predicate, one, other, likeness) => {
    expect(compare(predicate, one, other)).toBe(likeness);
  });
});
