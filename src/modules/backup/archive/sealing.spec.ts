import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { seal, unseal } from './sealing.worker.js';

/** More than the buffers between the parts hold, and nothing that zstd could make small. */
const PLAIN = randomBytes(3 << 20);

describe('what is sealed', () => {
  let identity: string;
  let recipient: string;
  let packed: Buffer;

  const sealed = async (plain: Buffer, isCompressed: boolean): Promise<Buffer> =>
    buffer(Readable.fromWeb(await seal(Readable.from([plain]), [recipient], isCompressed)));
  /** Reads it as a restore does: much slower than it comes. */
  const readSlowly = async (archive: Buffer, isCompressed: boolean): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of await unseal(Readable.from([archive]), [identity], isCompressed)) {
      chunks.push(chunk as Buffer);
      await setImmediate();
    }
    return Buffer.concat(chunks);
  };

  beforeAll(async () => {
    identity = await generateIdentity();
    recipient = await identityToRecipient(identity);
    packed = zstdCompressSync(PLAIN);
  });

  it.each([true, false])('is opened again as it was (compressed here: %s)', async (isCompressed) => {
    expect(PLAIN.equals(await readSlowly(await sealed(PLAIN, isCompressed), isCompressed))).toBe(true);
  });

  it.each([0.2, 0.5, 0.9])('is refused when a bit of it flipped, or the rest is missing, at %d of it', async (at) => {
    const archive = await sealed(PLAIN, true);
    const place = Math.floor(archive.length * at);
    const flipped = Buffer.from(archive);
    flipped.writeUInt8(flipped.readUInt8(place) ^ 1, place);
    await expect(readSlowly(flipped, true)).rejects.toThrow('invalid tag');
    await expect(readSlowly(archive.subarray(0, place), true)).rejects.toThrow('invalid tag');
  });

  it.each([
    ['ends too early', (good: Buffer) => good.subarray(0, good.length >> 1), 'Z_BUF_ERROR'],
    ['is damaged inside', (good: Buffer) => Buffer.concat([good.subarray(0, 1000), Buffer.alloc(9, 7), good]), 'ZSTD_'],
  ])('is refused when what was sealed %s', async (_, spoil, code) => {
    const read = readSlowly(await sealed(spoil(packed), false), true);
    await expect(read).rejects.toMatchObject({ code: expect.stringContaining(code) });
  });

  it('may be given up while it is read', async () => {
    const plain = await unseal(Readable.from([await sealed(PLAIN, true)]), [identity], true);
    for await (const chunk of plain) {
      expect(chunk).toBeDefined();
      break;
    }
    expect(plain.destroyed).toBe(true);
  });

  it('throws nothing at the process when it is given up and its source fails, at any moment', async () => {
    const thrown: unknown[] = [];
    const hear = (error: unknown): void => void thrown.push(error);
    process.on('uncaughtException', hear);
    const archive = await sealed(PLAIN, true);
    async function* failing(bytes: Buffer, after: number): AsyncGenerator<Buffer> {
      for (let part = 0; part < after; part += 1) yield bytes.subarray(part << 16, (part + 1) << 16);
      throw await Promise.resolve(new Error('the disk fails'));
    }
    const giveUp = async (stream: Promise<AsyncIterable<unknown>>, after: number): Promise<void> => {
      let left = after;
      for await (const chunk of await stream) if (chunk === undefined || (left -= 1) < 0) break;
    };
    try {
      for (let place = 0; place < 32; place += 1) {
        const [seals, unseals] = [failing(PLAIN, place >> 2), failing(archive, place >> 2)].map((bytes) =>
          Readable.from(bytes, { objectMode: false }),
        ) as [Readable, Readable];
        await giveUp(seal(seals, [recipient], place % 2 === 0), place % 4).catch(() => undefined);
        await giveUp(unseal(unseals, [identity], true), place % 4).catch(() => undefined);
        for (const stream of [seals, unseals]) stream.destroy();
        await setImmediate();
      }
    } finally {
      process.off('uncaughtException', hear);
    }
    expect(thrown).toEqual([]);
  });
});
