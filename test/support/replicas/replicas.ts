import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../../src/platform/config/index.js';
import type { TestDatabase } from '../database.js';
import { freePort, ServerProcess } from '../process.js';

/** How many there are unless a test says otherwise. */
const THREE = 3;

interface Options {
  readonly count?: number;
  /** Starts them all in the same moment. */
  readonly atOnce?: boolean;
  /** Settings of one, by its number. */
  readonly own?: Readonly<Record<number, Environment>>;
}

/** Several processes of the server on one PostgreSQL and one Redis, each with a port and a folder of its own. */
export class Replicas {
  private constructor(
    private readonly environments: readonly Environment[],
    private readonly processes: ServerProcess[],
  ) {}

  /**
   * Starts one after the other, and waits until all are ready.
   * @param env settings of all
   */
  static async start(
    database: TestDatabase,
    env: Environment = {},
    { count = THREE, atOnce = false, own = {} }: Options = {},
  ): Promise<Replicas> {
    const environments: Environment[] = [];
    for (let index = 0; index < count; index += 1) {
      const folder = join(database.env['DATA_DIR'] ?? '', `replica-${String(index)}`);
      await mkdir(folder, { recursive: true });
      // A port that stays over a restart, as that of a container does.
      const place = { DATA_DIR: folder, PORT: String(await freePort()) };
      environments.push({ ...database.env, ...SETTINGS, ...env, ...place, ...own[index] });
    }
    if (atOnce) return new Replicas(environments, await Promise.all(environments.map((each) => startUnderLoad(each))));
    const processes: ServerProcess[] = [];
    for (const each of environments) processes.push(await startUnderLoad(each));
    return new Replicas(environments, processes);
  }

  get all(): readonly ServerProcess[] {
    return this.processes;
  }

  /** By its number; numbers go round. */
  at(index: number): ServerProcess {
    const server = this.processes[index % this.processes.length];
    if (!server) throw new Error('there are none');
    return server;
  }

  /** Each as `host:port`. */
  get addresses(): readonly string[] {
    return this.environments.map(({ PORT }) => `127.0.0.1:${PORT ?? ''}`);
  }

  /** Starts one anew that has ended, where it was, and waits until it is ready. */
  async startAnew(index: number): Promise<ServerProcess> {
    const server = await startUnderLoad(this.environments[index % this.environments.length] ?? {});
    this.processes[index % this.processes.length] = server;
    return server;
  }
}

const SETTINGS: Environment = { ACCESS_TOKEN_TTL: '3600', JOBS_POLL_INTERVAL: '200', DATABASE_POOL_SIZE: '10' };

/** How often it is waited for, a minute each: whoever starts beside servers under load gets little of the processor. */
const WAITS = 4;

async function startUnderLoad(env: Environment): Promise<ServerProcess> {
  const server = ServerProcess.launch(env);
  for (let wait = 1; ; wait += 1) {
    try {
      await server.becomesReady();
      return server;
    } catch (error) {
      if (server.hasEnded) throw new Error(`the server ended instead of starting: ${server.stderr}`, { cause: error });
      if (wait === WAITS) throw error;
    }
  }
}
