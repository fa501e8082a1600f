import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentHash, normaliseContent } from './content.js';

describe('normaliseContent', () => {
  it.each([
    ['composes letters', 'man\u0303ana', 'mañana'],
    ['has one kind of line end', 'a\r\nb\rc\u2028d', 'a\nb\nc\nd'],
    ['takes control characters out', 'a\0b\u0007c\u001b[31md\u009f', 'abc[31md'],
    ['keeps tabs and spaces within a line', 'if x:\n\treturn  1', 'if x:\n\treturn  1'],
    ['takes zero-width characters out', 'pass\u200bword\ufeff\u2060\u00ad', 'password'],
    ['takes writing-direction tricks out', 'a\u202egpj.exe\u2066b\u2069\u200f', 'agpj.exeb'],
    ['takes unseen tag characters out', 'hi\u{e0049}\u{e0067}\u{e006e}', 'hi'],
    ['mends half characters', 'a\ud83d', 'a\ufffd'],
    ['trims text and lines', '  a  \n b \t\n\n\n\nc\n ', 'a\n b\n\nc'],
    [
      'keeps families and flags',
      '👨‍👩‍👧 👩🏽‍🚀 ❤️‍🔥 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
      '👨‍👩‍👧 👩🏽‍🚀 ❤️‍🔥 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    ],
    ['keeps the joiners that a script needs', 'می\u200cخواهم क्\u200dष', 'می\u200cخواهم क्\u200dष'],
    ['leaves markup and emoticons alone', '<b>I <3 you</b> & a<b', '<b>I <3 you</b> & a<b'],
    ['leaves nothing of nothing', ' \u200b\n\u0000 ', ''],
  ])('%s', (_, text, expected) => {
    expect(normaliseContent(text)).toBe(expected);
  });

  it('changes nothing the second time, whatever the text', () => {
    const strange = fc.constantFrom(
      '\u200d',
      '\u200b',
      '👨',
      '\u0301',
      ' ',
      '\n',
      '\t',
      '\ud83d',
      '\u{1f3f4}',
      '\u{e0067}',
      '\u{e007f}',
      'a',
      '\r',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(strange).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const once = normaliseContent(text);
        expect(normaliseContent(once)).toBe(once);
        expect(once.isWellFormed()).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('stays in time on hostile texts', () => {
    for (const part of ['\u200d', ' ', '\n', ' \n', '👨\u200d', '\u{1f3f4}\u{e0067}', 'a\u0301']) {
      const text = 'a' + part.repeat(20_000) + 'b';
      const start = performance.now();
      normaliseContent(text);
      // A bound for what never ends; a machine under load is slower.
      expect(performance.now() - start).toBeLessThan(5000);
    }
  });
});

describe('contentHash', () => {
  it.each([
    ['Leo likes fish', '  leo   LIKES\n\tfish '],
    ['mañana', 'MAN\u0303ANA'],
    ['Straße', 'STRASSE'],
    ['a b', 'a\u00a0b'],
    ['pass\u200bword', 'password'],
  ])('is the same for %j and %j', (a, b) => {
    expect(contentHash(a)).toBe(contentHash(b));
  });

  it.each([
    ['Leo likes fish', 'Leo likes fishes'],
    ['el año', 'el ano'],
    ['si', 'sí'],
    ['', 'a'],
  ])('differs for %j and %j', (a, b) => {
    expect(contentHash(a)).not.toBe(contentHash(b));
  });

  it('is a SHA-256 in hex', () => {
    expect(contentHash('ABC')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
