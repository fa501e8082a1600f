/**
 * What a user of the load tests does; the figures are in scenarios.json. Both generators, the runner of npm and k6, take
 * it from here, so nothing in it may be of Node or of k6.
 */

/** The requests, by the name they have in reports. `status` is that of a good answer. */
export const STEPS = {
  sign_in: { method: 'POST', path: '/api/v1/auth/login', endpoint: '/api/v1/auth/login', status: 200 },
  list_members: { method: 'GET', path: '/api/v1/family/members', endpoint: '/api/v1/family/members', status: 200 },
  list_memories: { method: 'GET', path: '/api/v1/memories?limit=20', endpoint: '/api/v1/memories', status: 200 },
  search: { method: 'POST', path: '/api/v1/memories/search', endpoint: '/api/v1/memories/search', status: 200 },
  remember: { method: 'POST', path: '/api/v1/memories', endpoint: '/api/v1/memories', status: 201 },
};

const NAMES = ['Leo', 'Zoë', 'Miguel', 'Iris', 'Grandma', 'María', 'Ada', 'the neighbour'];
const THINGS = ['spare key', 'passport', 'sewing kit', 'tent', 'drill', 'first-aid box', 'bicycle pump', 'camera'];
const PLACES = ['in the garage', 'behind the clock', 'under the blue flowerpot', 'in the attic', 'at the office'];
const FOODS = ['lentil soup', 'paella', 'pancakes', 'sushi', 'apple pie', 'ratatouille', 'ceviche', 'dumplings'];
const EVENTS = [
  'dentist appointment',
  'chess tournament',
  'school play',
  'piano lesson',
  'vaccination',
  'job interview',
];
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** One of the values. @param {() => number} random from 0 up to 1 */
const oneOf = (values, random) => values[Math.floor(random() * values.length)];

/** A number between two bounds. */
export const between = ([low, high], random) => low + random() * (high - low);

/** What a user does next, as often as the weights say. */
export function chooseAction(mix, random) {
  const entries = Object.entries(mix);
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    left -= weight;
    if (left < 0) return name;
  }
  return entries[entries.length - 1][0];
}

/** Something to remember: half of it notes, half statements of the kind that replace what was known before. */
export function content(random) {
  const number = Math.floor(random() * 10_000);
  return oneOf(
    [
      `The ${oneOf(THINGS, random)} number ${number} is ${oneOf(PLACES, random)}`,
      `${oneOf(NAMES, random)} has a ${oneOf(EVENTS, random)} on ${oneOf(DAYS, random)}, reference ${number}`,
      `${oneOf(NAMES, random)} likes ${oneOf(FOODS, random)}`,
      `${oneOf(NAMES, random)} made ${oneOf(FOODS, random)} with ${number % 50} guests, and everybody asked for more`,
    ],
    random,
  );
}

/** Something to look for. */
export const question = (random) =>
  oneOf(
    [
      `Where is the ${oneOf(THINGS, random)}?`,
      `What does ${oneOf(NAMES, random)} like?`,
      `When is the ${oneOf(EVENTS, random)}?`,
      `${oneOf(FOODS, random)} ${oneOf(NAMES, random)}`,
    ],
    random,
  );

/** The body of a step, or undefined where it has none. */
export function bodyOf(step, account, random) {
  if (step === 'sign_in') return { email: account.email, password: account.password };
  if (step === 'search') return { query: question(random) };
  if (step === 'remember') return { content: content(random), visibility: random() < 0.7 ? 'family' : 'private' };
  return undefined;
}

/**
 * The address a user comes from: one of 198.18.0.0/15, which RFC 2544 sets aside for such tests. A server believes it
 * when it trusts whoever sends it (`TRUSTED_PROXIES`), and counts its limits by it.
 */
export const addressOf = (user) => `198.18.${Math.floor(user / 250) % 256}.${(user % 250) + 1}`;

/** Seconds after the start at which a user comes: those of the first wave at once, the others spread over the ramp. */
export function arrivalOf(user, { users, ramp, first = 0, wait = 0 }) {
  if (user < first) return 0;
  return wait + (ramp * (user - first)) / Math.max(1, users - first);
}
