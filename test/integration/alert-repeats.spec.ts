import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { alertOf, TestChannel, TestClock, TestDelivery } from '../support/alerting/delivery.js';

const LOST = 'reset';
let folder: string;
let open: TestDelivery[];

/** A process with one channel, which cannot tell a message by its id unless it is said so. */
async function begin({
  clock = new TestClock(),
  knowsIds = false,
  fails,
}: { clock?: TestClock; knowsIds?: boolean; fails?: string } = {}): Promise<TestDelivery> {
  const channel = new TestChannel('telegram');
  channel.knowsIds = knowsIds;
  channel.fails = fails;
  const one = new TestDelivery(folder, { clock, channels: [channel] });
  open.push(one);
  await one.delivery.start();
  return one;
}

const marks = ({ channel }: TestDelivery): boolean[] => channel.accepted.map(({ mayHaveCome }) => mayHaveCome);

beforeEach(async () => {
  open = [];
  folder = await mkdtemp(join(tmpdir(), 'delivery-'));
});
afterEach(async () => {
  for (const one of open) await one.delivery.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a message to a channel that knows no ids', () => {
  it.each([
    [LOST, true],
    ['timeout', true],
    ['network', true],
    ['nonsense', true],
    ['http_502', true],
    ['http_403', false],
    ['http_429', false],
    ['dns', false],
    ['refused', false],
    ['unreachable', false],
    ['tls', false],
  ])('after %s says that it may have come before: %s', async (code, mayHaveCome) => {
    const told = await begin({ fails: code });
    await told.delivery.take([alertOf('down')]);
    await told.pass(6);
    expect(told.channel.attempts).toBeGreaterThan(0);
    told.channel.fails = undefined;
    await told.pass(60);
    expect(marks(told)).toEqual([mayHaveCome]);
  });

  it('goes on to say so after a refusal, and the next message does not', async () => {
    const told = await begin({ fails: LOST });
    await told.delivery.take([alertOf('down')]);
    await told.pass(6);
    told.channel.fails = 'refused';
    await told.pass(60);
    told.channel.fails = undefined;
    await told.pass(300);
    await told.delivery.take([alertOf('another')]);
    await told.pass(10);
    expect(marks(told)).toEqual([true, false]);
  });

  it('says so in the processes after one that ended before it knew', async () => {
    const clock = new TestClock();
    const first = await begin({ clock, fails: LOST });
    await first.delivery.take([alertOf('down')]);
    await first.pass(6);
    await first.delivery.stop();
    // It writes the journal anew, and cannot send either.
    const second = await begin({ clock, fails: 'refused' });
    await second.pass(6);
    await second.delivery.stop();
    const third = await begin({ clock });
    await third.pass(60);
    expect(marks(third)).toEqual([true]);
  });
});

it('a message to a channel that knows ids never says so', async () => {
  const told = await begin({ knowsIds: true, fails: LOST });
  await told.delivery.take([alertOf('down')]);
  await told.pass(6);
  told.channel.fails = undefined;
  await told.pass(60);
  expect(marks(told)).toEqual([false]);
});
