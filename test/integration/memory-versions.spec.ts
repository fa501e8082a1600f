import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type {
  HistoryResponse,
  MemoryResponse,
  RememberedResponse,
} from '../../src/modules/memory/dto/memory.response.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newFamily,
  newFirstAdmin,
  newMember,
  problem,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';
import { until } from '../support/process.js';
import { beneath } from './memory-traces.js';

// A busy machine is slow, not wrong.
jest.setTimeout(600_000);

const SEED = 20_261_121;
const RUNS = 12;

/** One value at a time, many at a time, and what nobody understands. */
const CONTENTS = [
  'I live in Porto',
  'I live in Lisbon',
  'I live in Faro',
  'I like chess',
  'I like sailing',
  'I am allergic to peanuts',
  'The boiler makes a strange noise',
  'The blue key opens the shed',
] as const;

type Command =
  | { readonly do: 'remember'; readonly who: number; readonly content: string; readonly shared: boolean }
  | { readonly do: 'patch'; readonly who: number; readonly at: number; readonly content: string }
  | { readonly do: 'contest' | 'share' | 'unshare' | 'undo' | 'delete'; readonly who: number; readonly at: number };

const who = fc.nat(1);
const at = fc.nat(20);
const content = fc.constantFrom(...CONTENTS);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('remember' as const), who, content, shared: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('patch' as const), who, at, content }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('contest', 'share', 'unshare', 'undo', 'undo'), who, at }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), who, at }) },
);

/** What is compared of a memory as it was and as it is told to have been. */
const factsOf = ({ id, content: text, status, version, valid_from, valid_to, evidence_count }: MemoryResponse) => ({
  id,
  text,
  status,
  version,
  valid_from,
  valid_to,
  evidence_count,
});
type Facts = ReturnType<typeof factsOf>;

/** One family that remembers, changes its mind and takes back. */
class Household {
  /** What each memory has been acknowledged to say; of erased ones nothing. */
  readonly acknowledged = new Map<string, Set<string>>();
  readonly owners = new Map<string, FamilyMember>();
  /** What each owner had at each time. */
  readonly past: { readonly time: string; readonly owner: FamilyMember; readonly had: readonly Facts[] }[] = [];

  constructor(
    readonly server: TestApp,
    readonly family: TestFamily,
    readonly people: readonly [FamilyMember, FamilyMember],
  ) {}

  async obey(order: Command): Promise<void> {
    const [one, other] = this.people;
    const actor = order.who === 0 ? one : other;
    const caller = as(this.server, actor);
    if (order.do === 'remember') {
      const visibility = order.shared ? 'family' : 'private';
      const { status, body } = await caller.post<RememberedResponse>('/memories', {
        content: order.content,
        visibility,
      });
      expect(status).toBe(201);
      this.owners.set(body.id, this.ownerOf(body));
      this.acknowledge(body.id, order.content);
      return;
    }
    const ids = [...this.acknowledged.keys()].filter((id) => this.owners.get(id) === actor);
    const id = ids[order.at % Math.max(ids.length, 1)];
    if (id === undefined) return;
    const path = `/memories/${id}`;
    if (order.do === 'patch') {
      const { status } = await caller.patch(path, { content: order.content });
      expect([200, 409]).toContain(status);
      if (status === 200) this.acknowledge(id, order.content);
    } else if (order.do === 'delete') {
      expect(await caller.delete(path)).toMatchObject({ status: 204 });
      this.acknowledged.delete(id);
    } else {
      const { status } = await caller.post(`${path}/${order.do}`, order.do === 'share' ? { visibility: 'family' } : {});
      expect([200, 409]).toContain(status);
    }
  }

  private ownerOf({ owner_id }: MemoryResponse): FamilyMember {
    const owner = this.people.find(({ memberId }) => memberId === owner_id);
    if (!owner) throw new Error('a stranger owns it');
    return owner;
  }

  private owner(id: string): FamilyMember {
    return this.owners.get(id) ?? this.people[0];
  }

  private acknowledge(id: string, text: string): void {
    this.acknowledged.set(id, (this.acknowledged.get(id) ?? new Set()).add(text));
  }

  async list(owner: FamilyMember, query: string): Promise<Facts[]> {
    const pages = await as(this.server, owner).walk<MemoryResponse>(`/memories?status=all${query}`, 100);
    return pages
      .flat()
      .filter(({ owner_id }) => owner_id === owner.memberId)
      .map(factsOf);
  }

  /** Notes what everybody has now; the next change comes at a later time. */
  async note(): Promise<void> {
    const [row] = await this.ask<{ time: string | null; millis: number }>(
      `SELECT to_char(max(lower(recorded)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time,
         coalesce(ceil(extract(epoch FROM max(lower(recorded))) * 1000), 0)::float8 AS millis FROM memories WHERE family_id = $1`,
    );
    const { time = null, millis = 0 } = row ?? {};
    if (time === null) return;
    for (const owner of this.people) this.past.push({ time, owner, had: await this.list(owner, '') });
    await until('the clock goes on', () => Date.now() > millis);
  }

  ask<Row extends object>(statement: string): Promise<Row[]> {
    return beneath<Row>(this.server, statement, [this.family.familyId]);
  }

  /** What must hold after every command. */
  async check(): Promise<void> {
    const problems = await this.ask(
      `SELECT 'not one current version' AS problem, id::text FROM memories WHERE family_id = $1
         GROUP BY id HAVING count(*) FILTER (WHERE upper_inf(recorded)) <> 1
       UNION ALL
       SELECT 'gap or overlap of versions', a.id::text FROM memories a
         JOIN memories b ON b.id = a.id AND b.version = a.version + 1
         WHERE a.family_id = $1 AND upper(a.recorded) IS DISTINCT FROM lower(b.recorded)
       UNION ALL
       SELECT 'versions left out', id::text FROM memories WHERE family_id = $1
         GROUP BY id HAVING count(*) <> max(version) OR min(version) <> 1
       UNION ALL
       SELECT 'two values at a time', a.id::text FROM memories a JOIN memories b ON b.scope_id = a.scope_id
           AND b.subject_id = a.subject_id AND b.predicate = a.predicate AND b.id > a.id AND b.valid && a.valid
         WHERE a.family_id = $1 AND a.cardinality = 'functional' AND a.status = 'live' AND b.status = 'live'
           AND upper_inf(a.recorded) AND upper_inf(b.recorded)
       UNION ALL
       SELECT 'an earlier version where others see it', a.id::text FROM memories a JOIN memories b ON b.id = a.id AND upper_inf(b.recorded)
         WHERE a.family_id = $1 AND a.scope_id NOT IN (b.scope_id, a.owner_id)
       UNION ALL
       SELECT 'index elsewhere', d.item_id::text FROM documents d JOIN memories m ON m.id = d.item_id AND upper_inf(m.recorded)
         WHERE d.family_id = $1 AND (CASE WHEN d.id = m.document_id THEN d.scope_id <> m.scope_id ELSE d.scope_id NOT IN (m.scope_id, m.owner_id) END
           OR EXISTS (SELECT FROM postings p WHERE p.document_id = d.id AND p.scope_id <> d.scope_id))
       UNION ALL
       SELECT 'found though it does not hold, or not found though it does', m.id::text FROM memories m JOIN documents d ON d.id = m.document_id
         WHERE m.family_id = $1 AND upper_inf(m.recorded)
           AND d.is_live <> (m.status IN ('live', 'contested') OR (m.status = 'superseded' AND m.superseded_by IS NULL))
       UNION ALL
       SELECT 'a step without its version', s.memory_id::text FROM memory_steps s WHERE s.family_id = $1
         AND NOT EXISTS (SELECT FROM memories m WHERE m.id = s.memory_id AND m.version = s.version_after AND m.scope_id = s.scope_id)`,
    );
    expect(problems).toEqual([]);
    for (const [id, texts] of this.acknowledged) {
      const { body } = await as(this.server, this.owner(id)).get<HistoryResponse>(`/memories/${id}/history`);
      expect(body.versions.map((version) => version.content)).toEqual(expect.arrayContaining([...texts]));
    }
  }

  /** What is known of each time is what was known then, less what was erased since. */
  async checkPast(): Promise<void> {
    for (const { time, owner, had } of this.past)
      expect({ time, list: await this.list(owner, `&known_at=${time}`) }).toEqual({
        time,
        list: had.filter(({ id }) => this.acknowledged.has(id)),
      });
  }

  /** Takes back every step of everything. */
  async takeAllBack(): Promise<void> {
    const ids = [...this.acknowledged.keys()].reverse();
    for (let round = 0; round < 60; round += 1) {
      let done = 0;
      for (const id of ids) {
        const caller = as(this.server, this.owner(id));
        const answer = await caller.post(`/memories/${id}/undo`);
        if (answer.status === 200) done += 1;
        else expect(answer).toMatchObject(problem(409, 'nothing_to_undo'));
      }
      if (done === 0) return;
    }
    throw new Error('there is no end of undoing');
  }
}

describe('versions of memories', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    await newFirstAdmin(server);
  });
  afterAll(() => server.close());

  it('tile time, keep one value and lose nothing, whatever is done; and all of it can be taken back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 4, maxLength: 16 }), async (commands) => {
        const family = await newFamily(server);
        const household = new Household(server, family, [family.parent, await newMember(server, family, 'teenager')]);
        for (const order of commands) {
          await household.obey(order);
          await household.check();
          await household.note();
        }
        await household.checkPast();
        await household.takeAllBack();
        await household.check();
        const [left] = await household.ask(
          `SELECT count(*)::int AS n FROM memories WHERE family_id = $1 AND upper_inf(recorded) AND status <> 'retracted'`,
        );
        expect(left).toEqual({ n: 0 });
        await household.checkPast();
      }),
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    );
  });
});
