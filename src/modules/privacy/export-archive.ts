import type { FileHandle } from 'node:fs/promises';
import { Zip, ZipDeflate } from 'fflate';
import type { Row, Section } from '../../platform/privacy/index.js';
import { chapter, pageEnd, pageStart } from './export-page.js';
import type { ExportLanguage } from './export.texts.js';

/** Characters that are compressed at once. */
const CHUNK = 65_536;

/**
 * Writes sections as a zip: one JSON file each, and one page per language to be read. Holds some rows at a time, so the
 * sections are read once per file.
 */
export async function writeArchive(
  target: FileHandle,
  sections: readonly Section[],
  languages: readonly ExportLanguage[],
  signal: AbortSignal,
): Promise<void> {
  const zip = new ZipWriter(target, signal);
  for (const section of sections) await zip.add(`data/${section.name}.json`, jsonOf(section.rows()));
  for (const language of languages) {
    const name = languages.length === 1 ? 'index.html' : `index.${language}.html`;
    await zip.add(name, pageOf(sections, language));
  }
  await zip.end();
}

async function* jsonOf(rows: AsyncIterable<Row>): AsyncGenerator<string> {
  let isFirst = true;
  for await (const row of rows) {
    yield `${isFirst ? '[' : ','}\n${JSON.stringify(row, null, 2)}`;
    isFirst = false;
  }
  yield isFirst ? '[]\n' : '\n]\n';
}

async function* pageOf(sections: readonly Section[], language: ExportLanguage): AsyncGenerator<string> {
  yield pageStart(language);
  for (const section of sections) yield* chapter(section, language);
  yield pageEnd();
}

/** A zip that is written as it comes: whoever adds to it waits until the disk has taken it. */
class ZipWriter {
  private readonly zip: Zip;
  private chunks: Uint8Array[] = [];
  private failure: Error | undefined;

  constructor(
    private readonly target: FileHandle,
    private readonly signal: AbortSignal,
  ) {
    this.zip = new Zip((error, chunk) => {
      if (error) this.failure = error;
      else this.chunks.push(chunk);
    });
  }

  async add(name: string, texts: AsyncIterable<string>): Promise<void> {
    const file = new ZipDeflate(name, { level: 6 });
    this.zip.add(file);
    let waiting = '';
    for await (const text of texts) {
      waiting += text;
      if (waiting.length < CHUNK) continue;
      file.push(Buffer.from(waiting, 'utf8'));
      waiting = '';
      await this.flush();
    }
    file.push(Buffer.from(waiting, 'utf8'), true);
    await this.flush();
  }

  async end(): Promise<void> {
    this.zip.end();
    await this.flush();
  }

  private async flush(): Promise<void> {
    if (this.failure) throw this.failure;
    this.signal.throwIfAborted();
    const { chunks } = this;
    this.chunks = [];
    for (const chunk of chunks) await this.target.writeFile(chunk);
  }
}
