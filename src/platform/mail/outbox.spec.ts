import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Outbox } from './outbox.js';

const [LEO, MARIA] = ['leo@example.org', 'maria@example.org'];
const mailTo = (to: string): { from: string; to: string; subject: string; text: string; html: string } => ({
  from: 'family@example.org',
  to,
  subject: 'Hello',
  text: 'Hello',
  html: '<p>Hello</p>',
});

describe('forgetting the mails to an address', () => {
  let folder: string;
  let outbox: Outbox;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outbox-'));
    outbox = new Outbox(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('takes those to this address and no others', async () => {
    for (const to of [LEO, MARIA, LEO]) await outbox.send(mailTo(to));
    expect(await outbox.forget(LEO)).toBe(2);
    expect([await outbox.forget(LEO), await outbox.forget(MARIA)]).toEqual([0, 1]);
  });

  it('goes on past files that are no mails, and takes what is left of one to this address', async () => {
    const damaged = {
      '0.json': '',
      '1.json': '{"to": "mar',
      '2.json': 'null',
      '3.json': '7',
      '4.json': `{"to": "${LEO}", "te`,
    };
    for (const [name, text] of Object.entries(damaged)) await writeFile(join(folder, name), text);
    await outbox.send(mailTo(LEO));
    expect(await outbox.forget(LEO)).toBe(2);
    expect((await readdir(folder)).sort()).toEqual(['0.json', '1.json', '2.json', '3.json']);
  });

  it('is nothing to do where no mail was ever sent', async () => {
    expect(await new Outbox(join(folder, 'none')).forget(LEO)).toBe(0);
  });
});
