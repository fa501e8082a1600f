import { FAMILY_ROLES, type FamilyRole } from '../../../platform/security/index.js';

/** What is asked, and the ids of the turns and memories that answer it. */
export interface Question {
  readonly question: string;
  readonly evidence: readonly string[];
  readonly category: string;
}

/** One thing said. */
export interface SaidTurn {
  readonly id: string;
  readonly speaker: string;
  readonly text: string;
  readonly occurredAt: Date;
}

/** Something told to be remembered. */
export interface ToldMemory {
  readonly id: string;
  readonly text: string;
  readonly from?: string;
}

/** A member of a sample's family. */
export interface Person {
  /** First name. */
  readonly name: string;
  readonly role: FamilyRole;
}

/** A family of its own: who is in it, what they said, and questions about it. */
export interface Sample {
  readonly id: string;
  /** The first one is who is signed in, a parent. */
  readonly people: readonly [Person, ...Person[]];
  readonly turns: readonly SaidTurn[];
  readonly memories: readonly ToldMemory[];
  readonly questions: readonly Question[];
}

/** What is wrong with a dataset, and where. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the format of LoCoMo (Maharana et al., ACL 2024): an array of
 * `{sample_id, conversation: {speaker_a, speaker_b, session_N: [{speaker, dia_id, text, blip_caption?}], session_N_date_time}, qa: [{question, evidence, category}]}`.
 *
 * Two additions, for families: `conversation.members: [{name, role}]` instead of the two speakers, and
 * `memories: [{id, text, from?}]`.
 * Evidence that names nothing which is there is dropped, and so is a question that has none left.
 * @throws DatasetError
 */
export function readDataset(text: string): Sample[] {
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch (error) {
    throw new DatasetError(`not JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(all) || all.length === 0) throw new DatasetError('an array of samples is expected');
  return all.map((sample, index) => readSample(sample, `sample ${String(index + 1)}`));
}

function readSample(value: unknown, at: string): Sample {
  const sample = fields(value, at);
  const id = text(sample['sample_id'], `${at}, sample_id`);
  const where = `sample ${id}`;
  const conversation = fields(sample['conversation'], `${where}, conversation`);
  const turns = readSessions(conversation, where);
  const memories = list(sample['memories'] ?? [], `${where}, memories`).map((memory, index): ToldMemory => {
    const here = `${where}, memory ${String(index + 1)}`;
    const { id: name, text: content, from } = fields(memory, here);
    return {
      id: text(name, here),
      text: text(content, here),
      ...(from === undefined ? {} : { from: text(from, here) }),
    };
  });
  const known = new Set([...turns, ...memories].map((item) => item.id));
  if (known.size < turns.length + memories.length) throw new DatasetError(`${where}: an id is there twice`);
  const questions = list(sample['qa'], `${where}, qa`).map((asked, index): Question => {
    const here = `${where}, question ${String(index + 1)}`;
    const { question, evidence, category } = fields(asked, here);
    return {
      question: text(question, here),
      evidence: readEvidence(evidence ?? [], here, known),
      category: String(typeof category === 'number' || typeof category === 'string' ? category : 'none'),
    };
  });
  return { id, people: readPeople(conversation, where), turns, memories, questions: questions.filter(isAnswered) };
}

const isAnswered = ({ evidence }: Question): boolean => evidence.length > 0;

function readPeople(conversation: Fields, where: string): [Person, ...Person[]] {
  const { members, speaker_a: one, speaker_b: other } = conversation;
  const people = list(members ?? [{ name: one }, { name: other }], `${where}, members`).map((member): Person => {
    const { name, role = 'parent' } = fields(member, `${where}, members`);
    const known = FAMILY_ROLES.find((each) => each === role);
    if (!known) throw new DatasetError(`${where}, members: no such role`);
    return { name: text(name, `${where}, names of the speakers`), role: known };
  });
  const [first, ...others] = people;
  if (first === undefined) throw new DatasetError(`${where}: nobody is in it`);
  return [first, ...others];
}

function readSessions(conversation: Fields, where: string): SaidTurn[] {
  const numbers = Object.keys(conversation)
    .flatMap((key) => /^session_(\d+)$/.exec(key)?.slice(1) ?? [])
    .map(Number)
    .sort((one, other) => one - other);
  if (numbers.length === 0) throw new DatasetError(`${where}: no session`);
  return numbers.flatMap((number) => {
    const name = `session_${String(number)}`;
    const begin = readTime(conversation[`${name}_date_time`], `${where}, ${name}_date_time`);
    return list(conversation[name], `${where}, ${name}`).map((value, index): SaidTurn => {
      const here = `${where}, ${name}, turn ${String(index + 1)}`;
      const turn = fields(value, here);
      // Of a picture nothing is left but what it showed; without these words the answers in pictures are not found.
      const caption = typeof turn['blip_caption'] === 'string' ? turn['blip_caption'].trim() : '';
      const said = typeof turn['text'] === 'string' ? turn['text'].trim() : '';
      return {
        id: text(turn['dia_id'], here),
        speaker: text(turn['speaker'], here),
        text: text(caption === '' ? said : `${said} [${caption}]`, here),
        // One after the other, so that the sitting is told by the pauses between sessions.
        occurredAt: new Date(begin.getTime() + index * 1000),
      };
    });
  });
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');

/** `1:56 pm on 8 May, 2023`, or an ISO time; UTC. */
function readTime(value: unknown, where: string): Date {
  const written = text(value, where);
  const match = /^(\d{1,2}):(\d{2}) (am|pm) on (\d{1,2}) (\w+),? (\d{4})$/i.exec(written);
  if (match) {
    const [, hour = '', minute = '', half = '', day = '', month = '', year = ''] = match;
    const at = MONTHS.indexOf(month.toLowerCase());
    const hours = (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
    if (at >= 0) return new Date(Date.UTC(Number(year), at, Number(day), hours, Number(minute)));
  }
  const time = /^\d{4}-\d{2}-\d{2}T/.test(written) ? new Date(written) : new Date(NaN);
  if (Number.isNaN(time.getTime())) throw new DatasetError(`${where}: not a time: ${written}`);
  return time;
}

/** In LoCoMo some entries hold several ids ("D8:6; D9:17"), zeros ("D1:05") or no id at all. */
function readEvidence(value: unknown, where: string, known: ReadonlySet<string>): string[] {
  const names = list(value, `${where}, evidence`).flatMap((entry) =>
    known.has(String(entry))
      ? [String(entry)]
      : [...String(entry).matchAll(/\bD(\d+):0*(\d+)/g)].map(([, s, t]) => `D${String(s)}:${String(t)}`),
  );
  return [...new Set(names)].filter((name) => known.has(name));
}

function fields(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DatasetError(`${where}: an object is expected`);
  return value as Fields;
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new DatasetError(`${where}: an array is expected`);
  return value as readonly unknown[];
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string' || value.trim() === '') throw new DatasetError(`${where}: a text is expected`);
  return value;
}
