import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { CERTIFICATE } from '../mail/mail-server.js';

/** A request of the load, below `/api/v1`. */
export interface Asked {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly token: string;
  readonly body?: object;
}

/** A request that was not answered as it should have been. */
export interface Failure {
  readonly method: string;
  readonly path: string;
  readonly isKeptAlive: boolean;
  /** Status and body, or the error of the connection. */
  readonly how: string;
  /** Milliseconds since the beginning of the load. */
  readonly at: number;
}

/** What came of the load. */
export interface Tally {
  /** Answered requests, by new connections and by kept-alive ones. */
  readonly answered: { byNew: number; byKept: number };
  readonly reads: number;
  readonly writes: number;
  readonly failures: readonly Failure[];
  readonly seconds: number;
  /** Longest wait for an answer, in milliseconds. */
  readonly longest: number;
}

interface Answered {
  readonly status: number;
  readonly said: string;
}

interface Options {
  readonly url: string;
  /** Requests a second; fewer where the servers do not keep up. */
  readonly rate: number;
  /** The next request. */
  readonly next: () => Asked;
  /** Told of each answer. */
  readonly onAnswer?: (asked: Asked, status: number) => void;
}

/** Addresses from which it asks: the production's nginx allows one address 50 requests a second. */
const ADDRESSES = Array.from({ length: 8 }, (_, index) => `127.0.0.${String(index + 2)}`);
/** At most so many requests are under way: a machine that is busy gets fewer, so that none waits for a connection to the database in vain. */
const MOST_AT_ONCE = 16;
const PATIENCE = 60_000;

/** Asks evenly, by turns on a new connection and on a kept-alive one, until it is told to stop. Nothing is asked twice. */
export class Load {
  private readonly kept = new Agent({ keepAlive: true, ca: CERTIFICATE });
  private readonly failures: Failure[] = [];
  private readonly answered = { byNew: 0, byKept: 0 };
  private readonly begun = performance.now();
  private readonly underWay = new Set<Promise<void>>();
  private readonly ended: Promise<void>;
  private reads = 0;
  private writes = 0;
  private longest = 0;
  private isOver = false;

  constructor(private readonly options: Options) {
    this.ended = this.run();
  }

  /** Seconds since it began. */
  get seconds(): number {
    return (performance.now() - this.begun) / 1000;
  }

  get failed(): number {
    return this.failures.length;
  }

  /** Asks nothing more and waits for the answers under way. */
  async stop(): Promise<Tally> {
    const { seconds } = this;
    this.isOver = true;
    await this.ended;
    await Promise.all(this.underWay);
    this.kept.destroy();
    const { answered, reads, writes, failures, longest } = this;
    return { answered, reads, writes, failures, seconds, longest };
  }

  private async run(): Promise<void> {
    for (let sent = 0; !this.isOver;) {
      const due = Math.min(Math.floor(this.seconds * this.options.rate) - sent, MOST_AT_ONCE - this.underWay.size);
      for (let index = 0; index < due; index += 1) this.send(sent++);
      await pause(5);
    }
  }

  private send(number: number): void {
    const asked = this.options.next();
    const isKeptAlive = number % 2 === 0;
    const localAddress = ADDRESSES[Math.floor(number / 2) % ADDRESSES.length] ?? '';
    const begun = performance.now();
    const judge = (status: number | undefined, said: string): void => {
      this.longest = Math.max(this.longest, performance.now() - begun);
      if (status !== undefined && status < 300) {
        this.answered[isKeptAlive ? 'byKept' : 'byNew'] += 1;
        if (asked.method === 'GET') this.reads += 1;
        else this.writes += 1;
        this.options.onAnswer?.(asked, status);
        return;
      }
      const { method, path } = asked;
      this.failures.push({
        method,
        path,
        isKeptAlive,
        how: `${String(status ?? '')} ${said}`.trim(),
        at: Math.round(begun - this.begun),
      });
    };
    const one = this.ask(asked, isKeptAlive, localAddress)
      .then(
        ({ status, said }) => {
          judge(status, said);
        },
        (error: unknown) => {
          judge(undefined, (error as NodeJS.ErrnoException).code ?? String(error));
        },
      )
      .finally(() => this.underWay.delete(one));
    this.underWay.add(one);
  }

  private ask({ method, path, token, body }: Asked, isKeptAlive: boolean, localAddress: string): Promise<Answered> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const agent = isKeptAlive ? this.kept : new Agent({ ca: CERTIFICATE, maxCachedSessions: 0 });
      const sent = request(
        `${this.options.url}/api/v1${path}`,
        { method, headers, agent, localAddress, timeout: PATIENCE },
        (response) => {
          response.on('error', reject);
          let said = '';
          response.setEncoding('utf8').on('data', (part: string) => (said += part));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, said });
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.end(text);
    });
  }
}
