import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../../src/platform/config/index.js';
import { newDatabase, type TestDatabase } from '../database.js';
import { moveIn, ServerProcess, until, type Resident, type ServersCommand } from '../process.js';
import { compressedRules } from './compressed-rules.js';
import { Receiver } from './receiver.js';

interface Told {
  readonly alerts: readonly { readonly rule: string; readonly status: 'firing' | 'resolved' }[];
}
interface Shown {
  readonly data: readonly { readonly rule: string; readonly state: string }[];
}

/** What a part of the server needs in order to be broken for real. */
export type Need = 'postgresql' | 'servers' | 'mount' | 'openssl';

/** Something that really goes wrong, and the shipped rules that must say so and say when it is over. */
export interface Cause {
  /** What happens. */
  readonly name: string;
  readonly rules: readonly string[];
  readonly needs?: Need;
  /** Breaks it, waits until all rules fire, mends it, and waits until they are told to be over. */
  readonly prove: (world: CauseWorld) => Promise<void>;
}

/** A built server that runs the shipped rules on fast time, and somebody whom it tells. */
export class CauseWorld {
  private current: ServerProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly database: TestDatabase,
    readonly receiver: Receiver,
    readonly control: (command: ServersCommand) => Promise<void>,
  ) {}

  static async open(control: ((command: ServersCommand) => Promise<void>) | undefined): Promise<CauseWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'alert-causes-'));
    const missing = (): Promise<void> => Promise.reject(new Error('there are no servers to stop'));
    return new CauseWorld(folder, await newDatabase(), await Receiver.start(), control ?? missing);
  }

  async close(): Promise<void> {
    await this.current?.kill();
    await this.receiver.close();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get server(): ServerProcess {
    if (!this.current) throw new Error('no server was started');
    return this.current;
  }

  /** A setting of the database. */
  setting(name: string): string {
    return this.database.env[name] ?? '';
  }

  /** Starts the server, or ends it in order and starts it again. @param more rules besides the shipped ones */
  async start(env: Environment = {}, more = ''): Promise<ServerProcess> {
    await this.current?.stop();
    const rules = join(this.folder, 'rules.yaml');
    await writeFile(rules, `${compressedRules()}\n${more}`);
    this.current = await ServerProcess.start({
      ...this.database.env,
      ALERTS_RULES_FILE: rules,
      ALERTS_RULES_SHIPPED: 'false',
      ALERTS_INTERVAL: '1',
      ALERTS_WEBHOOK_URL: this.receiver.url,
      ALERTS_GROUP_WAIT: '0',
      ALERTS_GROUP_WAIT_CRITICAL: '0',
      ALERTS_GROUP_INTERVAL: '1',
      ALERTS_GROUP_INTERVAL_CRITICAL: '1',
      DATABASE_CONNECT_TIMEOUT: '1000',
      ...env,
    });
    return this.current;
  }

  moveIn(): Promise<Resident> {
    return moveIn(this.server);
  }

  /** Whether people were told that the rule fires or that it is over, and nothing else of it since. */
  isTold(rule: string, status: 'firing' | 'resolved'): boolean {
    const all = this.receiver.received
      .filter(({ method }) => method === 'POST')
      .flatMap(({ body }) => (JSON.parse(body) as Told).alerts);
    return all.findLast((alert) => alert.rule === rule)?.status === status;
  }

  /** Waits until people are told that each of the rules fires. */
  async fire(...rules: readonly string[]): Promise<void> {
    for (const rule of rules) await until(`${rule} is told`, () => this.isTold(rule, 'firing'));
  }

  /** Waits until people are told that each of the rules is over. */
  async end(...rules: readonly string[]): Promise<void> {
    for (const rule of rules) await until(`${rule} is told to be over`, () => this.isTold(rule, 'resolved'));
  }

  /** Does something again and again until each of the rules has fired. */
  async repeat(action: () => Promise<unknown>, ...rules: readonly string[]): Promise<void> {
    const waiting = new Set(rules);
    await until(`${[...waiting].join(', ')} fire`, async () => {
      await action();
      for (const rule of waiting) if (this.isTold(rule, 'firing')) waiting.delete(rule);
      return waiting.size === 0;
    });
  }

  /** Waits until the server shows that the rule fires, or no more: for what keeps people from being told. */
  async shows(token: string, rule: string, isFiring: boolean): Promise<void> {
    await until(`${rule} is ${isFiring ? 'shown' : 'gone'}`, async () => {
      const { status, body } = await this.server.call('GET', '/alerts', { token });
      if (status !== 200) return false;
      return (body as Shown).data.some((alert) => alert.rule === rule && alert.state === 'firing') === isFiring;
    });
  }
}
