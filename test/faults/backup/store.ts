import { S3Target } from '../../../src/modules/backup/targets/s3-target.js';
import type { BackupWorld } from '../../support/faults/backup-world.js';
import { codeOf } from '../../support/faults/backup-world.js';
import { flipped } from '../../support/faults/random.js';
import type { Asked, Rule } from '../../support/faults/s3-proxy.js';
import { until } from '../../support/process.js';
import { oneOf, type Kind } from './kind.js';

const LARGE = '000009-large.dump';

const isArchive = ({ name }: Asked): boolean => name.endsWith('.age');
const isPut = ({ method }: Asked): boolean => method === 'PUT';
const isListing = ({ name, query }: Asked): boolean => name === '' && query.get('list-type') === '2';

/** The store behind the proxy, without a server in front. It may be slow, as may the machine. */
const storeOf = (world: BackupWorld): S3Target => {
  if (!world.s3 || !world.proxy) throw new Error('no store');
  return new S3Target({ ...world.s3, endpoint: world.proxy.endpoint, silence: 20_000 });
};

/** More than two parts. */
async function* large(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < 36; at += 1) yield await Promise.resolve(Buffer.alloc(1 << 20, at));
}

/** Stores what has several parts, and looks whether anything is left of it when it fails. */
async function storeLarge(world: BackupWorld, rule: Rule, stop = new AbortController()): Promise<string> {
  setRule(world, rule);
  const target = storeOf(world);
  const code = await codeOf(target.write(LARGE, large(), stop.signal), 'made');
  setRule(world, () => undefined);
  const names = (await target.list()).map(({ name }) => name);
  if (names.includes(LARGE) !== (code === 'made')) return `${code}, and it is ${code === 'made' ? 'gone' : 'there'}`;
  await target.delete(LARGE);
  return code;
}

function setRule(world: BackupWorld, rule: Rule): void {
  if (world.proxy) world.proxy.rule = rule;
}

/** Does something to the first requests that a rule is about, and nothing to the others. */
function firstOnes(many: number, rule: Rule): Rule {
  let done = 0;
  return (asked) => {
    const doing = done < many ? rule(asked) : undefined;
    if (doing) done += 1;
    return doing;
  };
}

/** A backup without a verification, while the store does as it is told. */
function backUpWhile(world: BackupWorld, rule: Rule): Promise<string> {
  world.withoutKey();
  setRule(world, rule);
  return world.backUp();
}

/** What a listing says, changed. */
const listingOf =
  (change: (xml: string) => string): Rule =>
  (asked) =>
    isListing(asked) ? { change: (body) => Buffer.from(change(body.toString())) } : undefined;

const entry = /<Contents>.*?<\/Contents>/gs;

/** The store, or the way to it, fails. */
export const STORE_KINDS: readonly Kind[] = [
  {
    name: 'the store refuses connections',
    code: 'backup_target_away',
    inject: (world) => backUpWhile(world, () => ({ breakAfter: -1, of: 'request' })),
  },
  {
    name: 'the store says nothing: before, or in the middle',
    code: 'backup_target_away',
    inject: (world, random) => {
      world.setSilence(2);
      return backUpWhile(
        world,
        oneOf(
          [() => ({ isSilent: true }), (asked) => (isPut(asked) ? { isSilent: true } : undefined)] as const,
          random,
        ),
      );
    },
  },
  {
    name: 'the connection breaks in the middle of a part, and goes on',
    code: 'made',
    inject: (world, random) => {
      const breakAfter = Math.floor(random() * (16 << 20));
      return storeLarge(
        world,
        firstOnes(1, (asked) => (isPut(asked) ? { breakAfter, of: 'request' } : undefined)),
      );
    },
  },
  {
    name: 'the connection breaks in the middle of every part',
    code: 'backup_target_away',
    inject: (world, random) => {
      const breakAfter = Math.floor(random() * (1 << 20));
      return backUpWhile(world, (asked) =>
        isPut(asked) && isArchive(asked) ? { breakAfter: breakAfter >> 8, of: 'request' } : undefined,
      );
    },
  },
  {
    name: 'the store answers 500 or 503 twice, and then well',
    code: 'made',
    inject: (world, random) =>
      backUpWhile(
        world,
        firstOnes(2, (asked) => (isArchive(asked) ? { answer: oneOf([500, 503], random) } : undefined)),
      ),
  },
  {
    name: 'the store answers 500 or 503 for ever',
    code: 'backup_target_away',
    inject: (world, random) => backUpWhile(world, () => ({ answer: oneOf([500, 503], random) })),
  },
  {
    name: 'the store refuses the key',
    code: 'backup_target_denied',
    inject: (world, random) => {
      const answer = oneOf([401, 403], random);
      return backUpWhile(
        world,
        oneOf(
          [(): { answer: number } => ({ answer }), (asked: Asked) => (isPut(asked) ? { answer } : undefined)],
          random,
        ),
      );
    },
  },
  {
    name: 'the store is full',
    code: 'backup_disk_full',
    inject: (world) => backUpWhile(world, (asked) => (isPut(asked) ? { answer: 507 } : undefined)),
  },
  {
    name: 'the answer breaks off in reading back, every time',
    code: 'backup_target_away',
    inject: (world, random) => {
      const breakAfter = Math.floor(random() * 30_000);
      return backUpWhile(world, (asked) =>
        asked.method === 'GET' && isArchive(asked) ? { breakAfter, of: 'answer' } : undefined,
      );
    },
  },
  {
    name: 'what is read back has another byte',
    code: 'backup_target_lies',
    inject: (world, random) =>
      backUpWhile(world, (asked) =>
        asked.method === 'GET' && isArchive(asked)
          ? { change: (body) => flipped(body, Math.floor(random() * body.length), 3) }
          : undefined,
      ),
  },
  {
    name: 'what is read back is shorter',
    code: 'backup_target_lies',
    inject: (world, random) =>
      backUpWhile(world, (asked) =>
        asked.method === 'GET' && isArchive(asked)
          ? { change: (body) => body.subarray(0, Math.floor(random() * body.length)) }
          : undefined,
      ),
  },
  {
    name: 'the store loses what it has confirmed',
    code: 'backup_archive_missing',
    inject: (world) =>
      backUpWhile(world, (asked) => (asked.method === 'GET' && isArchive(asked) ? { answer: 404 } : undefined)),
  },
  {
    name: 'a listing leaves out the newest',
    code: 'backup_target_lies',
    inject: (world) => {
      // What is made now as well.
      setRule(
        world,
        listingOf((xml) => xml.replaceAll(entry, (one) => (one.includes('000001-') ? one : ''))),
      );
      return world.backUp();
    },
  },
  {
    name: 'a listing is a day old: nothing of the newest is deleted, the chain goes on',
    code: 'backup_manifest_missing',
    inject: async (world) => {
      world.withoutKey();
      setRule(
        world,
        listingOf((xml) => xml.replaceAll(entry, (one) => (one.includes('000002-') ? '' : one))),
      );
      const made = await world.backUp();
      const [fault] = await world.recorded('backup.retention');
      return made === 'made' ? (fault ?? 'nothing') : made;
    },
  },
  {
    name: 'a listing names a backup that is not there',
    code: 'backup_manifest_missing',
    inject: async (world) => {
      world.withoutKey();
      const ghost = '000002-019a9c1e-0000-7000-8000-00000000dead';
      setRule(
        world,
        listingOf((xml) =>
          xml.replace(entry, (one) => `${one}${one.replace(/<Key>[^<]*<\/Key>/, `<Key>${ghost}.manifest.json</Key>`)}`),
        ),
      );
      const made = await world.backUp();
      const [fault] = await world.recorded('backup.retention');
      return made === 'made' ? (fault ?? 'nothing') : made;
    },
  },
  {
    name: 'a listing leaves out the manifest of a backup that does not seem to be made',
    code: 'made',
    inject: async (world) => {
      world.withoutKey();
      // As in a database that was restored from it, of which a process has thought that it was interrupted.
      await world.ask(
        `UPDATE backup.run SET state = 'failed', sequence = NULL, stored = NULL WHERE id = '${world.manifest(2).id}'`,
      );
      const name = world.nameOf(2, 'manifest.json');
      setRule(
        world,
        listingOf((xml) => xml.replaceAll(entry, (one) => (one.includes(name) ? '' : one))),
      );
      return world.backUp();
    },
  },
  {
    name: 'a listing does not end',
    code: 'backup_target_lies',
    inject: (world, random) => {
      const token = oneOf(['', '<NextContinuationToken>again</NextContinuationToken>'], random);
      const more = `<IsTruncated>true</IsTruncated>${token}`;
      const page = `<ListBucketResult><Name>b</Name>${more}</ListBucketResult>`;
      const first = listingOf((xml) => xml.replace('<IsTruncated>false</IsTruncated>', more));
      // The store behind it does not know the token, and would say so.
      return backUpWhile(world, (asked) =>
        asked.query.has('continuation-token') ? { answer: 200, body: page } : first(asked),
      );
    },
  },
  {
    name: 'the store is slow',
    code: 'made',
    inject: async (world) => {
      const before = process.memoryUsage().arrayBuffers;
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers - before)), 20);
      const code = await storeLarge(world, (asked) => (isPut(asked) ? { slow: 1 } : undefined));
      clearInterval(watch);
      // Two parts, their copies on the way, and the proxy's: of 36 MB never everything at once four times over.
      return most < 160 << 20 ? code : `${code} with ${String(most >> 20)} MB`;
    },
  },
  {
    name: 'it is stopped while the store is slow, or silent',
    code: 'backup_cancelled',
    inject: async (world, random) => {
      const stop = new AbortController();
      let isAsked = false;
      const doing = oneOf([{ slow: 200 }, { isSilent: true }] as const, random);
      const when = oneOf(['PUT', 'GET'], random);
      const code = storeLarge(
        world,
        (asked) => {
          if (asked.method !== when || asked.name !== LARGE) return undefined;
          isAsked = true;
          return doing;
        },
        stop,
      );
      await Promise.race([until('it is asked', () => isAsked), code]);
      stop.abort();
      return code;
    },
  },
  {
    name: 'parts are left over of a process that was killed: the next backup gives them up',
    code: 'made',
    inject: async (world) => {
      const id = '019a9c1e-0000-7000-8000-00000000dead';
      const left = `000003-${id}.dump.zst.age`;
      await world.ask(`INSERT INTO backup.run (id, cause, state) VALUES ('${id}', 'schedule', 'running')`);
      let given = '';
      const listed = `<ListMultipartUploadsResult><Upload><Key>${left}</Key><UploadId>abc</UploadId></Upload></ListMultipartUploadsResult>`;
      const made = await backUpWhile(world, ({ method, name, query }) => {
        if (method === 'GET' && query.has('uploads')) return { answer: 200, body: listed };
        if (method === 'DELETE' && name === left && query.get('uploadId') === 'abc') {
          given = name;
          return { answer: 204 };
        }
        return undefined;
      });
      const [row] = await world.ask<{ error: string }>(`SELECT error FROM backup.run WHERE id = '${id}'`);
      return given === left && row?.error === 'backup_interrupted' ? made : `${made} ${given} ${String(row?.error)}`;
    },
  },
  {
    name: 'nothing may be deleted or written over: it is verified and noted all the same',
    code: 'made',
    inject: (world) => {
      setRule(world, ({ method }) => (method === 'DELETE' ? { answer: 403 } : undefined));
      return world.backUp();
    },
  },
];
