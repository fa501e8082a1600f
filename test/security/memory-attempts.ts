import { randomUUID } from 'node:crypto';
import type { TestApp } from '../support/create-app.js';
import { as, type Answer, type Caller } from '../support/factories.js';
import type { Chance } from './chance.js';
import { mayKnow, type Secret, type World } from './memory-world.js';

/** A request that names something by its id. */
interface Attempt {
  readonly name: string;
  readonly changes: boolean;
  send(caller: Caller, id: string): Promise<Answer<unknown>>;
}

const MEMORY_ATTEMPTS: readonly Attempt[] = [
  { name: 'read', changes: false, send: (caller, id) => caller.get(`/memories/${id}`) },
  {
    name: 'read as known then',
    changes: false,
    send: (caller, id) => caller.get(`/memories/${id}?known_at=2999-01-01`),
  },
  { name: 'history', changes: false, send: (caller, id) => caller.get(`/memories/${id}/history`) },
  { name: 'change', changes: true, send: (caller, id) => caller.patch(`/memories/${id}`, { content: 'Mallory' }) },
  { name: 'delete', changes: true, send: (caller, id) => caller.delete(`/memories/${id}`) },
  { name: 'undo', changes: true, send: (caller, id) => caller.post(`/memories/${id}/undo`) },
  {
    name: 'share',
    changes: true,
    send: (caller, id) => caller.post(`/memories/${id}/share`, { visibility: 'family' }),
  },
  { name: 'unshare', changes: true, send: (caller, id) => caller.post(`/memories/${id}/unshare`) },
  { name: 'contest', changes: true, send: (caller, id) => caller.post(`/memories/${id}/contest`, {}) },
];

const TALK_ATTEMPTS: readonly Attempt[] = [
  { name: 'talk', changes: false, send: (caller, id) => caller.get(`/conversations/${id}`) },
  { name: 'turns', changes: false, send: (caller, id) => caller.get(`/conversations/${id}/turns`) },
  {
    name: 'speak',
    changes: true,
    send: (caller, id) => caller.post(`/conversations/${id}/turns`, { turns: [{ role: 'user', content: 'Mallory' }] }),
  },
  { name: 'rename', changes: true, send: (caller, id) => caller.patch(`/conversations/${id}`, { title: 'Mallory' }) },
  {
    name: 'open',
    changes: true,
    send: (caller, id) => caller.patch(`/conversations/${id}`, { visibility: 'family' }),
  },
  { name: 'end', changes: true, send: (caller, id) => caller.delete(`/conversations/${id}`) },
];

export const attemptsOn = ({ type }: Secret): readonly Attempt[] =>
  type === 'memory' ? MEMORY_ATTEMPTS : type === 'conversation' ? TALK_ATTEMPTS : [];

/** What one has sent or is sent with every answer, and so tells nothing. */
function shapeOf({ status, type, body }: Answer<unknown>, id: string): string {
  const shape = JSON.stringify({ status, type, body }, (key, value: unknown) => (key === 'request_id' ? null : value));
  return shape.replaceAll(id, 'ID');
}

/** Every attempt of every onlooker on things hidden from them: those whose answer differs from that for an unknown id. */
export async function tellingAnswers(
  server: TestApp,
  { onlookers, secrets }: World,
  chance: Chance,
  each: number,
): Promise<{ asked: number; telling: object[] }> {
  const telling: object[] = [];
  let asked = 0;
  for (const viewer of onlookers) {
    const caller = as(server, viewer.signedIn);
    const hidden = secrets.filter((secret) => secret.type !== 'turn' && !mayKnow(viewer, secret));
    for (let round = 0; round < each; round += 1) {
      const secret = chance.of(hidden);
      for (const { name, send } of attemptsOn(secret)) {
        const unknown = randomUUID();
        const [answer, expected] = [await send(caller, secret.id), await send(caller, unknown)];
        asked += 1;
        if (answer.status !== 404 || shapeOf(answer, secret.id) !== shapeOf(expected, unknown))
          telling.push({ viewer: viewer.name, attempt: name, secret, answer: answer.body, expected: expected.body });
      }
    }
  }
  return { asked, telling };
}

/** The answers that show many things, and those about what is nobody's to name: with anything in them that is hidden. */
export async function leakingAnswers(
  server: TestApp,
  { onlookers, people, secrets }: World,
  chance: Chance,
): Promise<{ shown: number; leaking: object[] }> {
  const leaking: object[] = [];
  let shown = 0;
  for (const viewer of onlookers) {
    const caller = as(server, viewer.signedIn);
    const hidden = secrets.filter((secret) => !mayKnow(viewer, secret));
    const known = secrets.filter((secret) => mayKnow(viewer, secret));
    for (const [path, text] of await wideAnswers(caller, people, hidden, chance)) {
      shown += known.filter(({ id }) => text.includes(id)).length;
      for (const secret of hidden)
        if ([secret.word, secret.id].some((mark) => text.includes(mark)))
          leaking.push({ viewer: viewer.name, path, secret });
    }
  }
  return { shown, leaking };
}

async function wideAnswers(
  caller: Caller,
  people: World['people'],
  hidden: readonly Secret[],
  chance: Chance,
): Promise<[string, string][]> {
  const answers: [string, string][] = [];
  const note = (path: string, body: unknown): void => {
    answers.push([path, JSON.stringify(body)]);
  };
  const target = chance.of(hidden);
  const talk = chance.of(hidden.filter(({ type }) => type === 'conversation'));
  const cursor = Buffer.from(`2999-01-01T00:00:00.000000+00 ${target.id}`).toString('base64url');
  for (const path of [
    '/memories?status=all',
    '/memories',
    `/memories?status=all&subject_id=${target.ownerId}`,
    `/memories?status=all&tag=${target.word}`,
    '/memories?status=all&kind=health',
    '/memories?status=all&predicate=hobby',
    '/memories?status=all&as_of=2998',
    '/memories?status=all&known_at=2998-01-01',
    '/memories?status=all&from=1990&to=2998',
    '/conversations',
  ])
    note(path, await caller.walk(path, 100));
  for (const path of [`/memories?status=all&limit=100&cursor=${cursor}`, `/conversations?limit=100&cursor=${cursor}`])
    note(path.replace(cursor, 'forged'), (await caller.get(path)).body);
  const searches: object[] = [
    {
      query: hidden
        .slice(0, 40)
        .map(({ word }) => word)
        .join(' '),
    },
    { query: 'birthday at the harbour' },
    { query: 'violin at the library', tags: ['shared tag', target.word] },
    { query: 'violin', subject_id: target.ownerId },
    { query: 'holiday', conversation_id: talk.id },
    { query: 'school', as_of: '2998' },
    { query: 'dentist', known_at: '2998-01-01' },
  ];
  for (const request of searches) {
    const { body } = await caller.post<object>('/memories/search', { limit: 100, explain: true, ...request });
    note(`search ${JSON.stringify(request).slice(0, 60)}`, body);
  }
  for (const { memberId } of people) note('profile', (await caller.get(`/users/${memberId}/profile`)).body);
  return answers;
}
