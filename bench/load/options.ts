/** The options of the load runner, checked before anything starts. */
import { parseArgs } from 'node:util';
import { readAccounts } from './accounts.js';
import type { Account } from './behaviour.mjs';
import { OptionError } from './option-error.js';
import { SCENARIOS, type Load } from './scenarios.js';

export interface Options {
  /** The name of the load in scenarios.json; it says so when figures of it were changed. */
  readonly name: string;
  readonly load: Load;
  /** Folder of the report. */
  readonly out: string;
  /** A server that runs already; without it the runner starts one. */
  readonly url?: string;
  /** Accounts of that server; without them they are registered there. */
  readonly accounts?: readonly Account[];
  /** Memories of each household before the load begins. */
  readonly memories: number;
  readonly generator: 'npm' | 'k6';
  /** The program k6. */
  readonly k6?: string;
}

export const USAGE = `npm run load -- [OPTIONS]
  --load NAME         ${Object.keys(SCENARIOS.loads).join(', ')} (default: users-100)
  --users N           users, 1 to 2000
  --seconds N         from the first request to the last, 1 to 86400
  --ramp N            seconds over which the users come, 0 to 3600
  --memories N        memories of each household before the load begins, 0 to 10000
  --out FOLDER        where the report goes (default: data/load/NAME)
  --url URL           load this server instead of an own one
  --accounts FILE     its accounts: [{"email": "...", "password": "..."}, ...]; without it they are registered there
  --generator NAME    npm (default) or k6
  --k6 FILE           the program k6; scripts/load/k6.sh builds and gives it
`;

const TEXT = { type: 'string' } as const;
const KNOWN = {
  load: TEXT,
  users: TEXT,
  seconds: TEXT,
  ramp: TEXT,
  memories: TEXT,
  out: TEXT,
  url: TEXT,
  accounts: TEXT,
  generator: TEXT,
  k6: TEXT,
} as const;

/** @throws OptionError that names the option */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const name = values.load ?? 'users-100';
  const known = Object.hasOwn(SCENARIOS.loads, name) ? SCENARIOS.loads[name] : undefined;
  if (!known)
    throw new OptionError('invalid_option', '--load', `must be one of ${Object.keys(SCENARIOS.loads).join(', ')}`);
  const load = loadOf(known, values);
  if (values.accounts !== undefined && values.url === undefined)
    throw new OptionError('conflicting_options', '--accounts', 'is for --url; an own server gets accounts of its own');
  const generator = generatorOf(values.generator);
  if (generator === 'k6' && values.k6 === undefined)
    throw new OptionError('missing_option', '--k6', 'says where the program is; scripts/load/k6.sh gives it');
  const isCustom = load !== known;
  return {
    name: !isCustom ? name : values.load === undefined ? 'custom' : `${name}, changed`,
    load,
    out: values.out || `data/load/${isCustom ? 'custom' : name}`,
    memories: whole('--memories', values.memories, 0, 10_000) ?? SCENARIOS.world.memories,
    generator,
    ...(values.url === undefined ? {} : { url: urlOf(values.url) }),
    ...(values.accounts === undefined ? {} : { accounts: readAccounts(values.accounts) }),
    ...(values.k6 === undefined ? {} : { k6: values.k6 }),
  };
}

type Values = Partial<Record<keyof typeof KNOWN, string>>;

function parse(args: readonly string[]): Values {
  const { tokens } = parseArgs({ args: [...args], options: KNOWN, strict: false, tokens: true });
  const values: Values = {};
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw new OptionError('unknown_option', token.value, 'is no option; see --help');
    if (!Object.hasOwn(KNOWN, token.name)) throw new OptionError('unknown_option', token.rawName, 'is not known');
    if (!token.value) throw new OptionError('invalid_option', token.rawName, 'needs a value');
    values[token.name as keyof typeof KNOWN] = token.value;
  }
  return values;
}

/** The load with what the options change of it; the same one where they change nothing. */
function loadOf(known: Load, values: Values): Load {
  const users = whole('--users', values.users, 1, 2000);
  const seconds = whole('--seconds', values.seconds, 1, 86_400);
  const ramp = whole('--ramp', values.ramp, 0, 3600);
  if (users === undefined && seconds === undefined && ramp === undefined) return known;
  const changed = {
    ...known,
    ...(users === undefined ? {} : { users }),
    ...(seconds === undefined ? {} : { seconds }),
  };
  // Users that have not come by half of the time would hardly be seen.
  const patient = { ...changed, ramp: ramp ?? Math.min(known.ramp, changed.seconds / 4) };
  if (arrivalEnd(patient) > patient.seconds)
    throw new OptionError(
      'conflicting_options',
      '--ramp',
      `users still come when the ${String(patient.seconds)} s end`,
    );
  return patient;
}

const arrivalEnd = ({ ramp, wait = 0 }: Load): number => wait + ramp;

function whole(field: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most))
    throw new OptionError('invalid_option', field, `must be a whole number from ${String(least)} to ${String(most)}`);
  return value;
}

function urlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash || url.username)
    throw new OptionError('invalid_option', '--url', 'must be http://HOST:PORT or https://HOST, without a path');
  return url.origin;
}

function generatorOf(text = 'npm'): 'npm' | 'k6' {
  if (text !== 'npm' && text !== 'k6') throw new OptionError('invalid_option', '--generator', 'must be npm or k6');
  return text;
}
