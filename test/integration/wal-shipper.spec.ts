import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openArchive } from '../../src/modules/backup/archive/archive.js';
import { assemble } from '../../src/modules/backup/point-in-time/point-in-time.policy.js';
import { WalShipper } from '../../src/modules/backup/point-in-time/wal-shipper.js';
import {
  parseWalName,
  startOf,
  walName,
  type WalPart,
} from '../../src/modules/backup/point-in-time/wal-names.policy.js';
import { FolderTarget } from '../../src/modules/backup/targets/folder-target.js';
import { digestOf } from '../../src/modules/backup/targets/target.js';
import { newBackupPlace, type BackupPlace } from '../support/backup.js';

const NEVER = new AbortController().signal;
const SIZE = 1 << 20;
const SYSTEM = '7412345678901234567';
const SEGMENT = '000000010000000000000003';
const START = startOf(SEGMENT, SIZE);

let place: BackupPlace;
let folder: string;
let target: FolderTarget;
/** What the server writes; `pg_receivewal` has it filled up with zeros. */
let log: Buffer;

beforeEach(async () => {
  place = await newBackupPlace();
  folder = await mkdtemp(join(tmpdir(), 'family-assistant-wal-'));
  target = new FolderTarget(place.folder);
  log = randomBytes(SIZE);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await place.drop();
});

const newShipper = async (): Promise<WalShipper> => {
  const recipients = [place.key.recipient];
  const shipper = new WalShipper({ target, recipients, folder, system: SYSTEM, timeline: 1, segmentSize: SIZE });
  await shipper.resume();
  return shipper;
};
const receive = (bytes: number): Promise<void> =>
  writeFile(join(folder, `${SEGMENT}.partial`), Buffer.concat([log.subarray(0, bytes), Buffer.alloc(SIZE - bytes)]));
const parts = async (): Promise<WalPart[]> => (await place.files()).flatMap((name) => parseWalName(name) ?? []);

/** What a restore would have of the segment. */
async function content(): Promise<Buffer> {
  const bytes = Buffer.alloc(SIZE);
  let end = 0;
  for (const part of assemble(await parts(), SEGMENT, SIZE)) {
    const name = walName(part);
    const archive = { name, ...(await digestOf(await target.read(name))) };
    let at = part.from;
    for await (const chunk of openArchive(target, { archive }, [place.key.identity])) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    end = at;
  }
  return bytes.subarray(0, end);
}

describe('the log on its way to the target', () => {
  it('is stored as it grows: only what is new, up to what the receiver has confirmed', async () => {
    const shipper = await newShipper();
    await receive(9000);
    shipper.mark(START + 5000n, 1000);
    await shipper.ship(START + 5000n, NEVER);
    expect(shipper.through).toBe(1000);
    shipper.mark(START + 9000n, 2000);
    await shipper.ship(START + 9000n, NEVER);
    await shipper.ship(START + 9000n, NEVER);
    expect((await parts()).map(({ from, to, through }) => [from, to, through])).toEqual([
      [0, 5000, 1000],
      [5000, 9000, 2000],
    ]);
    expect(await content()).toEqual(log.subarray(0, 9000));
    shipper.mark(START + 9000n, 3000); // nothing was written since
    expect(shipper.through).toBe(3000);
    shipper.mark(START + 9001n, 4000);
    expect(shipper.through).toBe(3000);
  });

  it('goes on where another process has stopped, and to the last byte when nobody can ask the server', async () => {
    const first = await newShipper();
    await receive(5000);
    first.mark(START + 5000n, 1000);
    await first.ship(START + 5000n, NEVER);
    log[6999] = 7; // a byte that is no zero
    await receive(7000);
    const next = await newShipper();
    expect(next.through).toBe(1000);
    await next.ship(undefined, NEVER);
    expect((await parts()).map(({ from, to }) => [from, to])).toEqual([
      [0, 5000],
      [5000, 7000],
    ]);
    expect(await content()).toEqual(log.subarray(0, 7000));
  });

  it('is stored as a whole when it is finished: its parts and the file here are deleted then', async () => {
    const shipper = await newShipper();
    await receive(5000);
    await shipper.ship(START + 5000n, NEVER);
    await writeFile(join(folder, `${SEGMENT}.partial`), log);
    await rename(join(folder, `${SEGMENT}.partial`), join(folder, SEGMENT));
    await shipper.ship(START + BigInt(SIZE), NEVER);
    expect((await parts()).map(({ from, to }) => [from, to])).toEqual([[0, SIZE]]);
    expect(await content()).toEqual(log);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not held up by a file that could not be filled', async () => {
    await writeFile(join(folder, `${SEGMENT}.partial`), Buffer.alloc(SIZE - 1));
    const shipper = await newShipper();
    await shipper.discardUnfilled();
    expect(await readdir(folder)).toEqual([]);
    await receive(5000);
    await shipper.discardUnfilled();
    expect(await readdir(folder)).toEqual([`${SEGMENT}.partial`]);
  });

  it('is put together when its parts are many', async () => {
    const shipper = await newShipper();
    for (let bytes = 1; bytes <= 125; bytes += 1) {
      await receive(bytes);
      await shipper.ship(START + BigInt(bytes), NEVER);
    }
    expect((await parts()).length).toBeLessThan(10);
    expect(await content()).toEqual(log.subarray(0, 125));
  });

  it('stays here while the target is away', async () => {
    await writeFile(place.folder, '');
    await writeFile(join(folder, SEGMENT), log);
    await expect(newShipper()).rejects.toMatchObject({ code: 'backup_target_away' });
    const shipper = new WalShipper({
      target,
      recipients: [place.key.recipient],
      folder,
      system: SYSTEM,
      timeline: 1,
      segmentSize: SIZE,
    });
    await expect(shipper.ship(undefined, NEVER)).rejects.toMatchObject({ code: 'backup_target_away' });
    expect(await readdir(folder)).toEqual([SEGMENT]);
    await rm(place.folder);
    await shipper.ship(undefined, NEVER);
    expect(await content()).toEqual(log);
  });
});
