import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { killServers, moveIn, ServerProcess } from '../support/process.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000);

const WATCH = pathToFileURL(join(import.meta.dirname, '../support/disk-watch.mjs')).href;
const WRITES = 20;

/** A process that is killed leaves what it wrote to the operating system; a power cut leaves what reached the disk. */
(onPostgres ? describe.skip : describe)('a power cut', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(async () => {
    await killServers();
    await database.drop();
  });

  test('loses nothing that was acknowledged: the log is on the disk before the answer goes out', async () => {
    const file = join(database.env['DATA_DIR'] ?? '', 'disk-watch');
    const server = await ServerProcess.start({ ...database.env, DISK_WATCH: file }, { imports: [WATCH] });
    const { token } = await moveIn(server);
    for (let index = 0; index < WRITES; index += 1) {
      const { status } = await server.call('POST', '/memories', { token, body: { content: `Note ${String(index)}.` } });
      expect(status).toBe(201);
    }
    await server.stop();

    const events = (await readFile(file, 'utf8')).trim().split('\n');
    const answers = events.flatMap((event, at) => (event === 'answer 201' ? [at] : []));
    const lastOfLog = answers.map((at) => events.slice(0, at).findLast((event) => !event.startsWith('answer')));
    // The account, and the memories.
    expect(lastOfLog).toEqual(Array.from({ length: WRITES + 1 }, () => 'sync'));
    // Each of them wrote something.
    const between = answers.map((at, index) => events.slice(answers[index - 1] ?? 0, at));
    expect(between.every((part) => part.includes('write') && part.includes('sync'))).toBe(true);
  });
});
