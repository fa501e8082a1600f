import { execFile } from 'node:child_process';
import * as files from 'node:fs/promises';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { alertOf, TestDelivery } from '../support/alerting/delivery.js';
import { BrokenFs } from '../faults/alerting/broken-fs.js';

/** Longest operation on the disk, in milliseconds, where none hangs, and where one does. */
const [PATIENT, SHORT] = [30_000, 1000];

let folder: string;
let open: TestDelivery[];

const journal = (place = '1'): string => join(folder, place, 'journal.jsonl');

async function begin(options: ConstructorParameters<typeof TestDelivery>[1] = {}): Promise<TestDelivery> {
  const one = new TestDelivery(folder, { settings: { disk: PATIENT }, ...options });
  open.push(one);
  await one.delivery.start();
  return one;
}

beforeEach(async () => {
  open = [];
  folder = join(await mkdtemp(join(tmpdir(), 'journal-')), 'alerting');
});
afterEach(async () => {
  for (const one of open) await one.delivery.stop();
  await rm(join(folder, '..'), { recursive: true, force: true });
});

const rules = (one: TestDelivery): string[] => one.delivery.active().map(({ rule }) => rule);
const isUp = (one: TestDelivery) => (): Promise<boolean> => {
  one.clock.pass(60);
  one.delivery.tick();
  return Promise.resolve(one.delivery.status().journal.state === 'up');
};

describe('the journal', () => {
  it('is in a folder that its owner alone can enter', async () => {
    await begin();
    expect([(await stat(folder)).mode & 0o777, (await stat(join(folder, '1'))).mode & 0o777]).toEqual([0o700, 0o700]);
    expect((await stat(journal())).mode & 0o777).toBe(0o600);
  });

  it('has what was acknowledged, when the process ends without a word', async () => {
    const first = await begin();
    await first.delivery.take([alertOf('one'), alertOf('two')]);
    const bytes = await readFile(journal());
    await first.delivery.stop();
    await writeFile(journal(), bytes);
    expect(rules(await begin())).toEqual(['one', 'two']);
  });

  it('is read past a torn end without a word, and past damage with one', async () => {
    const first = await begin();
    for (const rule of ['one', 'two', 'three']) await first.delivery.take([alertOf(rule)]);
    await first.delivery.stop();
    const whole = await readFile(journal(), 'utf8');
    await appendFile(journal(), '00000000 {"t":"fi');
    const second = await begin();
    expect([rules(second), second.delivery.status().journal]).toEqual([
      ['one', 'two', 'three'],
      { state: 'up', error: undefined, damagedLines: 0 },
    ]);
    await second.delivery.stop();

    await writeFile(journal(), whole.replace('wrong with two', 'wrong with twO'));
    const third = await begin();
    expect([rules(third), third.delivery.status().journal.damagedLines, third.events]).toEqual([
      ['one', 'three'],
      1,
      ['damaged 1'],
    ]);
    expect(await readFile(join(folder, '1', 'journal.damaged'), 'utf8')).toContain('twO');
  });

  it('shares one sync among those who come at the same time', async () => {
    let syncs = 0;
    const broken = new BrokenFs();
    const fs = {
      ...broken.fs,
      open: (async (...args: Parameters<typeof files.open>) => {
        const file = await broken.fs.open(...args);
        const { datasync } = file;
        file.datasync = () => {
          syncs += 1;
          return datasync.call(file);
        };
        return file;
      }) as typeof files.open,
    };
    const one = await begin({ fs });
    await Promise.all(Array.from({ length: 200 }, (_, n) => one.delivery.take([alertOf(`rule_${String(n)}`)])));
    expect(one.delivery.active()).toHaveLength(200);
    expect(syncs).toBeLessThanOrEqual(2);
  });

  it('is written anew when it has grown, and says the same', async () => {
    const one = await begin({ settings: { disk: PATIENT, compactAfter: 2000 } });
    for (let n = 0; n < 100; n += 1)
      await one.delivery.take([alertOf('down', { annotations: { summary: `time ${String(n)}` } })]);
    expect((await stat(journal())).size).toBeLessThan(10_000);
    await one.delivery.stop();
    const next = await begin();
    expect(next.delivery.active().map(({ annotations }) => annotations.summary)).toEqual(['time 99']);
  });

  it('of a later version is left alone', async () => {
    const first = await begin();
    await first.delivery.stop();
    const { encodeLine } = await import('../../src/modules/alerting/delivery/journal/line.js');
    const later = encodeLine({ t: 'version', version: 99, next: 1, dropped: 0, at: 0 });
    await writeFile(journal(), later);
    const second = await begin();
    expect(second.delivery.status().journal).toMatchObject({ state: 'down', error: 'version' });
    expect(await readFile(journal(), 'utf8')).toBe(later);
  });
});

describe('processes that share a folder of data', () => {
  it('have a place each, and the next one takes over what is left', async () => {
    const [first, second] = [await begin(), await begin()];
    await first.delivery.take([alertOf('one')]);
    await second.delivery.take([alertOf('two')]);
    expect((await readdir(folder)).sort()).toEqual(['1', '2']);
    await first.delivery.stop();
    await second.delivery.stop();
    const third = await begin();
    expect(rules(third)).toEqual(['one', 'two']);
    expect(await readdir(join(folder, '2'))).not.toContain('journal.jsonl');
  });
});

describe('while the disk is', () => {
  it.each([
    ['full', 'ENOSPC'],
    ['readonly', 'EROFS'],
    ['broken', 'EIO'],
    ['hanging', 'timeout'],
  ] as const)('%s, alerts are told, refused to their source, and written down later', async (state, code) => {
    const broken = new BrokenFs();
    const one = await begin({ fs: broken.fs, settings: { disk: state === 'hanging' ? SHORT : PATIENT } });
    await one.until('it is up', isUp(one));
    await one.delivery.take([alertOf('before')]);
    broken.disk = state;
    await expect(one.delivery.take([alertOf('during')])).rejects.toMatchObject({ code: 'alert_journal_down' });
    expect(one.delivery.status().journal).toMatchObject({ state: 'down', error: code });
    await one.until('both are told', async () => {
      await one.pass(1);
      return one.channel.accepted.length === 2;
    });
    expect(one.events[0]).toBe(`down ${code}`);
    broken.heal();
    await one.until('it is up', isUp(one));
    await one.until('it says so', () => one.events.at(-1) === 'up');
    await one.delivery.take([alertOf('during')]);
    await one.delivery.stop();
    const next = await begin();
    expect(rules(next)).toEqual(['before', 'during']);
    await next.pass(60);
    expect(next.channel.accepted).toEqual([]);
  });

  it.each(['readonly', 'hanging'] as const)(
    '%s from the start, what was left comes when it can be read',
    async (state) => {
      const first = await begin();
      first.channel.fails = 'refused';
      await first.delivery.take([alertOf('left')]);
      await first.pass(5);
      await first.delivery.stop();
      const broken = new BrokenFs();
      broken.disk = state;
      const second = await begin({ fs: broken.fs, settings: { disk: SHORT } });
      expect(second.delivery.status().journal.state).toBe('down');
      await expect(second.delivery.take([alertOf('new')])).rejects.toMatchObject({ code: 'alert_journal_down' });
      await second.until('the new one is told', async () => {
        await second.pass(1);
        return second.channel.accepted.length === 1;
      });
      broken.heal();
      await second.until('it is up', isUp(second));
      await second.until('the old one is told', async () => {
        await second.pass(1);
        return second.channel.accepted.length === 2;
      });
      expect(rules(second).sort()).toEqual(['left', 'new']);
    },
  );

  it('really full, on a file system of its own', async () => {
    await files.mkdir(folder, { recursive: true });
    const run = promisify(execFile);
    const isMounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]).then(
      () => true,
      () => false, // not root, or not allowed to
    );
    if (!isMounted) return;
    try {
      const one = await begin({ settings: { disk: PATIENT } });
      await one.delivery.take([alertOf('before')]);
      await writeFile(join(folder, 'filler'), Buffer.alloc(65_536)).catch(() => undefined);
      const many = Array.from({ length: 50 }, (_, n) => alertOf('during', { labels: { n: String(n) } }));
      await expect(one.delivery.take(many)).rejects.toMatchObject({ code: 'alert_journal_down' });
      expect(one.delivery.status().journal).toMatchObject({ state: 'down', error: 'ENOSPC' });
      await one.pass(6);
      expect(one.channel.accepted).toHaveLength(2);
      await rm(join(folder, 'filler'));
      await one.until('it is up', isUp(one));
      await one.delivery.take(many);
      await one.delivery.stop();
      expect((await begin()).delivery.active()).toHaveLength(51);
    } finally {
      for (const one of open) await one.delivery.stop();
      await run('umount', [folder]);
    }
  });
});
