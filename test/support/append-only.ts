import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { Environment } from '../../src/platform/config/index.js';
import { freePort } from './process.js';

/** A place for backups that takes what is new, and neither deletes nor replaces anything. */
export interface AppendOnlyPlace {
  readonly env: Environment;
  /** How often it has refused. */
  refused(): number;
  drop(): Promise<void>;
}

const BUCKET = 'family-backups';

/** A bucket behind a gate that answers 403 to every DELETE, and to a PUT of what is there. */
export async function newLockedBucket(folder: string): Promise<AppendOnlyPlace> {
  const port = await freePort();
  const store = new S3rver({
    port,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  await store.run();
  const gate = new Gate(port);
  return {
    env: {
      BACKUP_FOLDER: '',
      BACKUP_S3_BUCKET: BUCKET,
      BACKUP_S3_ENDPOINT: `http://127.0.0.1:${String(await gate.listen())}`,
      BACKUP_S3_ACCESS_KEY_ID: 'S3RVER',
      BACKUP_S3_SECRET_ACCESS_KEY: 'S3RVER',
    },
    refused: () => gate.refused,
    drop: async () => {
      await gate.close();
      await store.close();
    },
  };
}

class Gate {
  refused = 0;
  private readonly names = new Set<string>();
  private readonly server: Server;

  constructor(private readonly port: number) {
    this.server = createServer((asked, answer) => {
      this.pass(asked, answer);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, url = '', headers } = asked;
    const [name = ''] = url.split('?');
    const replaces = method === 'PUT' && this.names.has(name);
    if (method === 'DELETE' || replaces) {
      this.refused += 1;
      asked.resume();
      answer.writeHead(403, { 'content-type': 'application/xml' });
      answer.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
      return;
    }
    // The signature is of the host that the client sees, so that header is passed on as it is.
    const onward = request({ host: '127.0.0.1', port: this.port, method, path: url, headers }, (reply) => {
      if (method === 'PUT' && reply.statusCode === 200) this.names.add(name);
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  }
}

/** A folder from which nothing can be removed; undefined where that cannot be had, as without root or on some disks. */
export async function newLockedFolder(root: string): Promise<AppendOnlyPlace | undefined> {
  const folder = join(root, 'locked');
  await mkdir(folder);
  const change = (flag: string): void => void execFileSync('chattr', [flag, folder], { stdio: 'ignore' });
  try {
    change('+a');
  } catch {
    return undefined;
  }
  return {
    env: { BACKUP_FOLDER: folder },
    refused: () => 1, // the kernel does not count
    drop: () => {
      change('-a');
      return Promise.resolve();
    },
  };
}
