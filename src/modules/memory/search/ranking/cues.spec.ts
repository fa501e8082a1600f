import { describe, expect, it } from '@jest/globals';

import { asksForNumber, asksForTime, hasQuestion, saysNumber, saysTime } from './cues.js';

describe('cues', () => {
  it.each([
    ['When did Ana move?', true, false],
    ['How long has she played?', true, true],
    ['¿Cuándo se mudó la abuela?', true, false],
    ['¿En qué año nació Leo?', true, false],
    ['¿Cuántos hermanos tiene?', false, true],
    ['How many dogs does he have?', false, true],
    ['What does he feel when it rains?', false, false],
    ['Where does she live?', false, false],
  ])('%s', (question, time, number) => {
    expect([asksForTime(question), asksForNumber(question)]).toEqual([time, number]);
  });

  it.each([
    ['We went there yesterday.', true, false],
    ['She has three cats', false, true],
    ['El sábado pasado fuimos al cine', true, false],
    ['Nos mudamos hace dos años', true, true],
    ['I like tea', false, false],
    ['The feast was lovely', false, false],
  ])('%s', (text, time, number) => {
    expect([saysTime(text), saysNumber(text)]).toEqual([time, number]);
  });

  it('sees a question by its mark', () => {
    expect(hasQuestion('How are you? I am fine.')).toBe(true);
    expect(hasQuestion('I am fine.')).toBe(false);
  });
});
