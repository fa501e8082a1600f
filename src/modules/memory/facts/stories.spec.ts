import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  type Authority,
  type Decision,
  type LiveFact,
  objectKey,
  type Person,
  resolve,
  type Statement,
  understand,
} from './index.js';

const FIXTURES = join(import.meta.dirname, '../../../../test/fixtures/facts');

/** Lines are "day speaker: text"; expected are the values held true, or contested, afterwards. */
interface Story {
  readonly said: readonly string[];
  readonly live: readonly (readonly [subject: string, predicate: string, object: string])[];
}
type Row = LiveFact & { readonly subjectId: string; readonly object: string };

const family = JSON.parse(readFileSync(join(FIXTURES, 'family/family.json'), 'utf8')) as Person[];
const stories = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) =>
    (JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as Story[]).map((story, at) => ({
      ...story,
      name: `${file} ${String(at + 1)}`,
    })),
  );

/** What the service does in SQL, over a list. */
function apply(
  rows: readonly Row[],
  statement: Statement,
  decision: Decision,
  authority: Authority,
  saidAt: Date,
): Row[] {
  let next = [...rows];
  for (const change of decision.changes) {
    const at = next.findIndex(({ id }) => id === change.id);
    const row = next[at];
    if (!row) throw new Error(`A change of a row that is not there: ${change.id}`);
    if (change.kind === 'confirm') next[at] = { ...row, evidenceCount: row.evidenceCount + 1 };
    else if (change.kind === 'contest') next[at] = { ...row, status: 'contested' };
    else if (change.kind === 'settle') next[at] = { ...row, status: 'live' };
    else next = next.filter(({ id }) => id !== row.id);
  }
  const { insert } = decision;
  if (insert && insert.status !== 'past' && statement.subjectId)
    next.push({
      id: `${String(saidAt.getTime())}-${String(Math.random())}`,
      subjectId: statement.subjectId,
      predicate: statement.predicate,
      object: statement.object,
      objectKey: statement.objectKey,
      validFrom: insert.validFrom,
      validTo: insert.validTo,
      recordedAt: saidAt,
      authority,
      evidenceCount: 1,
      status: insert.status,
    });
  return next;
}

function tell(story: Story): Row[] {
  let rows: Row[] = [];
  story.said.forEach((line, at) => {
    const [, day = '', name = '', text = ''] = /^(\S+) (\S+): (.*)$/s.exec(line) ?? [];
    const speaker = family.find(({ firstName }) => firstName === name) ?? null;
    const saidAt = new Date(`${day}T12:00:0${String(at)}Z`);
    const known = rows
      .filter(({ predicate }) => predicate === 'pet')
      .map((row) => ({ subjectId: row.subjectId, relation: 'pet', name: row.object }));
    for (const statement of understand(text, { speaker, family, saidAt, timeZone: 'Europe/Madrid', known })) {
      const authority: Authority =
        statement.subjectId === speaker?.id ? 'self' : speaker?.role === 'parent' ? 'parent' : 'other';
      const live = rows.filter(({ subjectId }) => subjectId === statement.subjectId);
      rows = apply(rows, statement, resolve({ ...statement, authority, saidAt }, live), authority, saidAt);
    }
  });
  return rows;
}

describe('facts of family stories', () => {
  it('are those that a reader would note', () => {
    const wrong: string[] = [];
    let [right, found, expected] = [0, 0, 0];
    for (const story of stories) {
      const rows = tell(story).map((row) => `${row.subjectId} ${row.predicate} ${row.objectKey}`);
      const wanted = story.live.map(
        ([subject, predicate, object]) => `${subject} ${predicate} ${objectKey(predicate, object)}`,
      );
      right += rows.filter((row) => wanted.includes(row)).length;
      found += rows.length;
      expected += wanted.length;
      wrong.push(
        ...wanted
          .filter((row) => !rows.includes(row))
          .map((row) => `${story.name}: missing ${row} <- ${story.said.join(' | ')}`),
        ...rows
          .filter((row) => !wanted.includes(row))
          .map((row) => `${story.name}: not so ${row} <- ${story.said.join(' | ')}`),
      );
    }
    const [precision, recall] = [right / found, right / expected];
    process.stdout.write(
      `facts: ${String(stories.length)} stories, ${String(expected)} facts, precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}\n${wrong.join('\n')}\n`,
    );
    expect(precision).toBeGreaterThan(0.97);
    expect(recall).toBeGreaterThan(0.85);
  });
});
