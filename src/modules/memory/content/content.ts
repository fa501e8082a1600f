import { createHash } from 'node:crypto';

/** All that is unseen: controls and the format characters of Unicode (zero-width, bidirectional, tags), but tab and newline. */
const UNSEEN = /[\p{Cc}\p{Cf}]/gu;
/** Joiners that make one emoji of several ("👨‍👩‍👧") or that a script needs (Persian, Hindi). */
const JOINER = /[\u200c\u200d]/;
const JOINED =
  /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$|(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{L}\p{M}*$/u;
/** The flags of England, Scotland and Wales are spelt in tag characters; elsewhere these smuggle unseen text. */
const TAGGED_FLAG = /\u{1f3f4}[\u{e0061}-\u{e007a}]{2,6}\u{e007f}/gu;
const LINE_END = /\r\n?|[\u2028\u2029\u0085]/g;

/**
 * What is stored of a text: the words as they were said, in Unicode's composed form (NFC), with `\n` at line ends, and
 * without what nobody sees: control characters, zero-width ones, overrides of the writing direction, half surrogate
 * pairs. No space at the ends of text and lines, at most one blank line in a row; spaces within a line are kept.
 */
export function normaliseContent(text: string): string {
  const composed = text.toWellFormed().normalize('NFC').replace(LINE_END, '\n');
  const flags = [...composed.matchAll(TAGGED_FLAG)].map(({ index, 0: flag }) => [index, index + flag.length] as const);
  let next = 0;
  const seen = composed.replace(UNSEEN, (character: string, at: number) => {
    if (character === '\n' || character === '\t') return character;
    while ((flags[next]?.[1] ?? Infinity) <= at) next += 1;
    if (at > (flags[next]?.[0] ?? Infinity)) return character;
    return JOINER.test(character) && JOINED.test(composed.slice(Math.max(0, at - 4), at)) ? character : '';
  });
  const lines = seen.split('\n').map((line) => line.trimEnd());
  return lines
    .filter((line, i) => line !== '' || lines[i - 1] !== '')
    .join('\n')
    .trim()
    .normalize('NFC');
}

/**
 * SHA-256 (hex) of a text's sense for "the same again": capitals, the kind of spaces and their number, and the way
 * accents are encoded make no difference; words, accents and punctuation do.
 */
export function contentHash(text: string): string {
  const spaced = normaliseContent(text).replace(/\s+/gu, ' ');
  // Upper before lower is Unicode's full case folding but for a few letters: "ß" meets "SS".
  const plain = spaced.toUpperCase().toLowerCase().normalize('NFC');
  return createHash('sha256').update(plain).digest('hex');
}
