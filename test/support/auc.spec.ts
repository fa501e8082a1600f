import { expect, it } from '@jest/globals';
import { areaUnderCurve } from './auc.js';

it.each([
  [[3, 4], [1, 2], 1],
  [[1, 2], [3, 4], 0],
  [[1, 1], [1, 1], 0.5],
  [[2], [1, 2, 3, 4], 0.375],
])('%j against %j is %d', (first, second, area) => {
  expect(areaUnderCurve(first, second)).toBe(area);
});
