/** The users of a load, as scenarios.json describes them, in this process; k6.js is the same for k6. */
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf, arrivalOf, between, bodyOf, chooseAction, STEPS, type Account, type Step } from './behaviour.mjs';
import { Client, type Answer } from './client.js';
import { SCENARIOS, type Load, type Scenarios } from './scenarios.js';
import { isGood, type Sample } from './statistics.js';

/** Each user needs an account of their own; with fewer of them some share one. */
export interface Target {
  readonly url: string;
  readonly accounts: readonly Account[];
}

/**
 * Loads a server until the time is over and everything that was sent is answered.
 * @returns every request, in the order of their answers
 */
export async function generate(
  target: Target,
  load: Load,
  scenarios: Pick<Scenarios, 'session' | 'mix'> = SCENARIOS,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const started = performance.now();
  const over = AbortSignal.timeout(load.seconds * 1000);
  const users = Array.from({ length: load.users }, (_, number) =>
    new User(number, target, scenarios, over, (sample) => samples.push(sample), started).live(arrivalOf(number, load)),
  );
  await Promise.all(users);
  return samples;
}

class User {
  private readonly client: Client;
  private readonly account: Account;
  private token: string | undefined;

  constructor(
    number: number,
    { url, accounts }: Target,
    private readonly scenarios: Pick<Scenarios, 'session' | 'mix'>,
    private readonly over: AbortSignal,
    private readonly record: (sample: Sample) => void,
    private readonly started: number,
  ) {
    const account = accounts[number % accounts.length];
    if (!account) throw new Error('A load needs accounts.');
    this.account = account;
    this.client = new Client(url, addressOf(number));
  }

  /** Comes after `arrival` seconds, and signs in again and again, each time for some actions. */
  async live(arrival: number): Promise<void> {
    const { session, mix } = this.scenarios;
    await this.wait(arrival);
    while (!this.isOver()) {
      await this.signIn();
      const actions = Math.round(between(session.actions, Math.random));
      for (let count = 0; count < actions && this.token !== undefined; count += 1) {
        await this.wait(between(session.think, Math.random));
        if (this.isOver()) break;
        const { status } = await this.send(chooseAction(mix, Math.random));
        // A session that is not known any more is begun anew.
        if (status === 401) this.token = undefined;
      }
      await this.wait(between(session.think, Math.random));
    }
    this.client.close();
  }

  private isOver(): boolean {
    return this.over.aborted;
  }

  private async signIn(): Promise<void> {
    this.token = undefined;
    const answer = await this.send('sign_in');
    if (answer.status === STEPS.sign_in.status)
      this.token = (JSON.parse(answer.text) as { access_token: string }).access_token;
  }

  private async send(step: Step): Promise<Answer> {
    const { method, path } = STEPS[step];
    const at = performance.now() - this.started;
    const token = step === 'sign_in' ? undefined : this.token;
    const answer = await this.client.send({ method, path, token, body: bodyOf(step, this.account, Math.random) });
    const sample: Sample = { at, step, status: answer.status, took: answer.took };
    this.record(sample);
    if (!isGood(sample)) process.stderr.write(`${step} was answered with ${String(answer.status)} ${codeIn(answer)}\n`);
    return answer;
  }

  private async wait(seconds: number): Promise<void> {
    await sleep(seconds * 1000, undefined, { signal: this.over }).catch(() => undefined);
  }
}

/** The code of a problem; its words may name people. */
const codeIn = ({ text }: Answer): string => /"code":"(\w+)"/.exec(text)?.[1] ?? '';
