/** The server that is loaded: one of the runner's own, or one that runs already. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { givenServer, newScratchDatabase } from '../scratch-database.js';
import { newFolder, newSecret, startFamilyAssistant, type Defer } from '../support.js';
import { settle } from './world.js';
import type { Account } from './behaviour.mjs';
import { residentIn, scrape } from './metrics.js';
import { residentOf } from './memory.js';
import type { Options } from './options.js';
import { SCENARIOS } from './scenarios.js';

export interface LoadedServer {
  readonly url: string;
  readonly accounts: readonly Account[];
  /** What it runs on, in words. */
  readonly description: string;
  /** The process, where it is of this machine. */
  readonly pid?: number;
  /** Memory of the process once it is ready, before anybody came; in MiB. */
  readonly idle?: number | undefined;
  metrics(): Promise<string | undefined>;
  /** Resident memory in MiB. */
  memory(): Promise<number | undefined>;
}

export async function serverFor(options: Options, defer: Defer): Promise<LoadedServer> {
  return options.url === undefined ? startOwn(options, defer) : reach(options.url, options);
}

/**
 * A server with the limits of production: the users have addresses of their own, as they would behind a proxy, which
 * it believes because it trusts this machine.
 */
async function startOwn({ load, memories }: Options, defer: Defer): Promise<LoadedServer> {
  const folder = await newFolder(defer);
  const given = givenServer(() => undefined);
  const database = given === undefined ? undefined : await newScratchDatabase(given, defer);
  const redis = process.env['REDIS_URL'] || process.env['TEST_REDIS_URL'];
  const token = newSecret();
  const server = await startFamilyAssistant(folder, {
    ...database?.variables,
    ...(redis ? { REDIS_URL: redis } : {}),
    REGISTRATION: 'open',
    TRUSTED_PROXIES: '127.0.0.1',
    METRICS_TOKEN: token,
    EMBEDDINGS: 'none',
  });
  defer(() => server.stop());
  const idle = residentOf(server.pid);
  const { household } = SCENARIOS.world;
  const accounts = await settle(server.url, {
    users: load.users,
    household,
    memories,
    setupToken: setupTokenIn(folder),
  });
  return {
    url: server.url,
    accounts,
    pid: server.pid,
    idle,
    description: `own server on ${database ? 'PostgreSQL' : 'the built-in database'}, ${redis ? 'with' : 'without'} Redis`,
    metrics: () => scrape(server.url, token),
    memory: () => Promise.resolve(residentOf(server.pid)),
  };
}

/** What the start printed for the first account. */
function setupTokenIn(folder: string): string | undefined {
  const logs = readdirSync(folder).filter((name) => /^server-\d+\.log$/.test(name));
  const text = logs.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
  return /\\"setup_token\\": \\"([\w-]+)\\"/.exec(text)?.[1];
}

async function reach(url: string, { accounts, load, memories }: Options): Promise<LoadedServer> {
  const token = process.env['METRICS_TOKEN'] || undefined;
  const metrics = (): Promise<string | undefined> => scrape(url, token);
  return {
    url,
    accounts: accounts ?? (await settle(url, { users: load.users, household: SCENARIOS.world.household, memories })),
    description: `the server at ${url}`,
    metrics,
    memory: async () => residentIn((await metrics()) ?? ''),
  };
}
