import { describe, expect, it } from '@jest/globals';
import { detectLanguage, type TextLanguage } from './detect-language.js';
import { DEVELOPMENT } from './development.fixture.js';
import { HELD_OUT } from './held-out.fixture.js';

/** What the detector says by itself; `unsure` when it hands back whatever fallback it is given. */
function verdict(text: string): TextLanguage | 'unsure' {
  const [english, spanish] = [detectLanguage(text, 'en'), detectLanguage(text, 'es')];
  return english === spanish ? english : 'unsure';
}

/** Share of right verdicts, and of wrong ones (unsure is neither). */
function measured(texts: readonly string[], language: TextLanguage | 'unsure'): { right: number; wrong: number } {
  const verdicts = texts.map(verdict);
  const right = verdicts.filter((found) => found === language).length;
  const unsure = language === 'unsure' ? 0 : verdicts.filter((found) => found === 'unsure').length;
  return { right: right / texts.length, wrong: (texts.length - right - unsure) / texts.length };
}

describe('detectLanguage', () => {
  it.each([
    ['en', 0.97, 0.01],
    ['es', 0.97, 0.01],
    ['simple', 0.97, 0],
    ['unsure', 0.9, 0.1],
  ] as const)('knows %s among the sentences it was made with', (language, right, wrong) => {
    const found = measured(DEVELOPMENT[language], language);
    expect(found.right).toBeGreaterThanOrEqual(right);
    expect(found.wrong).toBeLessThanOrEqual(wrong);
  });

  it.each([
    ['en', 0.92, 0.02],
    ['es', 0.95, 0.03],
    ['simple', 0.9, 0.06],
    ['unsure', 0.9, 0.1],
  ] as const)('knows %s among sentences it has not seen', (language, right, wrong) => {
    const found = measured(HELD_OUT[language], language);
    expect(found.right).toBeGreaterThanOrEqual(right);
    expect(found.wrong).toBeLessThanOrEqual(wrong);
  });

  it('hands back the fallback where the text says nothing', () => {
    for (const text of DEVELOPMENT.unsure.slice(0, 8)) expect(detectLanguage(text, 'simple')).toBe('simple');
  });

  it('reads capitals, and accents in either encoding', () => {
    expect(verdict('HAPPY BIRTHDAY')).toBe('en');
    expect(verdict('mañana vamos a la piscina'.normalize('NFD'))).toBe('es');
  });

  it('stays in time on hostile texts', () => {
    for (const part of ['a', 'a ', '@', 'http://', '\u0301', 'ñ', '¿']) {
      const text = part.repeat(20_000);
      const start = performance.now();
      verdict(text);
      // A bound for what never ends; a machine under load is slower.
      expect(performance.now() - start).toBeLessThan(5000);
    }
  });
});
