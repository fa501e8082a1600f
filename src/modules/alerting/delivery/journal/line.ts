import { crc32 } from 'node:zlib';

const LINE = /^([0-9a-f]{8}) (.*)$/s;
const checksumOf = (json: string): string => crc32(json).toString(16).padStart(8, '0');

/** A record as a line: the CRC-32 of its JSON in hexadecimal digits, a space, the JSON, a line feed. */
export function encodeLine(record: object): string {
  const json = JSON.stringify(record);
  return `${checksumOf(json)} ${json}\n`;
}

export interface Decoded {
  readonly records: readonly unknown[];
  /** Damaged lines before a whole one: what was once on the disk, and is lost. */
  readonly damaged: number;
}

/**
 * Reads lines. What is damaged at the end was being written when the process ended, so nobody was told that it was safe;
 * it is left out without a word.
 */
export function decodeLines(text: string): Decoded {
  const records: unknown[] = [];
  let damaged = 0;
  let torn = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const record = decodeLine(line);
    if (record === undefined) {
      torn += 1;
      continue;
    }
    damaged += torn;
    torn = 0;
    records.push(record);
  }
  return { records, damaged };
}

function decodeLine(line: string): unknown {
  const [, checksum, json = ''] = LINE.exec(line) ?? [];
  if (checksum === undefined || checksumOf(json) !== checksum) return undefined;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
