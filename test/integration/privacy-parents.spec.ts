import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ReauthenticationService } from '../../src/modules/auth/index.js';
import { MembersRepository } from '../../src/modules/family/members.repository.js';
import { EXPORT } from '../../src/modules/privacy/privacy.jobs.js';
import { TransactionRunner, type Transaction } from '../../src/platform/database/index.js';
import { uuidv7 } from '../../src/platform/ids.js';
import { JobQueue } from '../../src/platform/jobs/index.js';
import { fetchArchive, type Archive } from '../support/archive.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { enrolDevice, newDevice, type NewDevice } from '../support/devices.js';
import { erase, eraseAt } from '../support/erasure.js';
import {
  as,
  asIdentity,
  newConversation,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  newMemory,
  newProfile,
  newTurns,
  nobody,
  PASSWORD,
  problem,
  uniqueEmail,
  type Answer,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';
import { until } from '../support/process.js';

jest.setTimeout(120_000);

let server: TestApp;
let admin: FamilyMember;
let family: TestFamily;
let parent: FamilyMember;
let second: FamilyMember;
let child: NewDevice;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  admin = await newFirstAdmin(server);
});
beforeEach(async () => {
  family = await newFamily(server);
  parent = family.parent;
  second = await newMember(server, family, 'parent');
  child = await enrolDevice(server, family, await newProfile(server, family, 'child', { first_name: 'Nora' }));
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => server.close());

const statusOf = async (userId: string): Promise<string | undefined> =>
  (await asIdentity<{ status: string }>(server, 'SELECT status FROM users WHERE id = $1', [userId]))[0]?.status;
const change = (memberId: string, role: string): Promise<Answer<unknown>> =>
  as(server, second).patch(`/family/members/${memberId}`, { role });

describe('a parent’s copy of a child', () => {
  async function copyOf(who: FamilyMember): Promise<Archive> {
    const { status, body } = await as(server, who).post<{ id: string }>(`/family/members/${child.memberId}/export`);
    expect(status).toBe(202);
    return fetchArchive(server, who, body.id);
  }
  const contents = (archive: Archive, section: string): unknown[] =>
    archive
      .rows(section)
      .map(({ content }) => content)
      .toSorted();

  test('has nothing that others tell the child and not this parent, and nothing said there', async () => {
    const sibling = await newMember(server, family, 'teenager');
    const shown = { subject_id: child.memberId, audience: [child.memberId] };
    const { id } = await newMemory(server, second, 'Nora is allergic to kiwi', shown);
    await newMemory(server, sibling, 'Nora broke the blue vase', shown);
    await newMemory(server, parent, 'Nora gets a bicycle', shown);
    await newMemory(server, parent, 'Nora is allergic to celery', { subject_id: child.memberId });
    await newMemory(server, sibling, 'Nora is good at chess', { subject_id: child.memberId, visibility: 'family' });
    await newMemory(server, child, 'I am allergic to peanuts');
    const aside = await newConversation(server, second, { audience: [child.memberId] });
    await newTurns(server, child, aside.id, 'I want to live with Grandma');
    const ours = await newConversation(server, parent, { audience: [child.memberId] });
    await newTurns(server, child, ours.id, 'May I have a dog');
    const own = await newConversation(server, child);
    await newTurns(server, child, own.id, 'Good morning');

    // The child sees all that it is told, and this parent does not.
    const profile = `/users/${child.userId}/profile`;
    const seen = await as(server, child).get<{ allergies: { value: string[] } }>(profile);
    expect(seen.body.allergies.value.toSorted()).toEqual(['kiwi', 'peanuts']);
    expect(await as(server, parent).get(`/memories/${id}`)).toMatchObject(problem(404, 'memory_not_found'));

    const copy = await copyOf(parent);
    expect(contents(copy, 'memories')).toContain('I am allergic to peanuts');
    expect(contents(copy, 'memories_about_you')).toEqual(['Nora gets a bicycle', 'Nora is good at chess']);
    expect(contents(copy, 'turns')).toEqual(['Good morning', 'May I have a dog']);
    expect(copy.rows('profile')).toMatchObject([{ allergies: { value: ['peanuts'] } }]);
    for (const word of ['kiwi', 'vase', 'Grandma', 'celery']) expect(copy.text).not.toContain(word);

    const other = await copyOf(second);
    expect(contents(other, 'memories_about_you')).toEqual(['Nora is allergic to kiwi', 'Nora is good at chess']);
    expect(contents(other, 'turns')).toEqual(['Good morning', 'I want to live with Grandma']);
  });

  test('is not made when whoever asked is no parent any more, or the child is none', async () => {
    const guest = await newMember(server, family, 'grandparent');
    const teenager = await newDevice(server, family, 'teenager');
    for (const [userId, askedBy] of [
      [child.userId, guest.userId],
      [teenager.userId, parent.userId],
    ]) {
      const id = uuidv7();
      await asIdentity(server, 'INSERT INTO privacy_exports (id, user_id, asked_by) VALUES ($1, $2, $3)', [
        id,
        userId,
        askedBy,
      ]);
      await server.app
        .get(TransactionRunner)
        .runAsIdentity((tx) => server.app.get(JobQueue).enqueue(tx, EXPORT, { export_id: id }));
      const row = await until('the copy is decided', async () => {
        const statement = 'SELECT state, file FROM privacy_exports WHERE id = $1';
        const [found] = await asIdentity<{ state: string; file: string | null }>(server, statement, [id]);
        return found?.state === 'waiting' ? undefined : found;
      });
      expect(row).toEqual({ state: 'failed', file: null });
    }
  });
});

describe('the end of an account is decided anew where it takes effect', () => {
  /** What happens after the password was found right, and before the account is closed. */
  function meanwhile(happen: () => Promise<Answer<unknown>>): void {
    const service = server.app.get(ReauthenticationService);
    const original = service.require.bind(service);
    jest.spyOn(service, 'require').mockImplementationOnce(async (...given) => {
      await original(...given);
      expect((await happen()).status).toBeLessThan(300);
    });
  }
  const endChild = (): Promise<Answer<unknown>> => eraseAt(server, `/family/members/${child.memberId}/account`, parent);

  test('by a parent who is none any more: it stays', async () => {
    meanwhile(() => change(parent.memberId, 'grandparent'));
    expect(await endChild()).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await statusOf(child.userId)).toBe('active');
  });

  test('by a parent, over a child that is none any more: it stays', async () => {
    meanwhile(() => change(child.memberId, 'teenager'));
    expect(await endChild()).toMatchObject(problem(409, 'not_decided_by_parents'));
    expect(await statusOf(child.userId)).toBe('active');
  });

  test('by an admin who is none any more: it stays', async () => {
    const target = await newMember(server, family, 'grandparent');
    const right = { user_id: second.userId, role: 'admin' };
    await as(server, admin).post('/roles/assign', right);
    meanwhile(() => as(server, admin).post('/roles/revoke', right));
    expect(await eraseAt(server, `/users/${target.userId}`, second)).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    expect(await statusOf(target.userId)).toBe('active');
  });

  test('by its owner, whose session has ended: it stays', async () => {
    meanwhile(() => as(server, second).post('/auth/logout'));
    expect(await erase(server, second)).toMatchObject({ status: 401 });
    expect(await statusOf(second.userId)).toBe('active');
  });

  test('by one of two parents who go at one moment: the other one stays', async () => {
    await newMember(server, family, 'grandparent');
    const members = server.app.get(MembersRepository);
    const runner = server.app.get(TransactionRunner);
    const [count, run] = [members.countAccountsBesides.bind(members), runner.runAsIdentity.bind(runner)];
    let leave: Promise<Answer<unknown>> | undefined;
    // The other one goes when they have been counted, and is done when the transaction that counted them is.
    jest.spyOn(members, 'countAccountsBesides').mockImplementationOnce(async (...given) => {
      const counted = await count(...given);
      leave = as(server, second).delete(`/family/members/${second.memberId}`);
      return counted;
    });
    jest
      .spyOn(runner, 'runAsIdentity')
      .mockImplementation(async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
        const before = leave;
        const value = await run(work);
        if (before === undefined) await leave;
        return value;
      });
    expect(await erase(server, parent)).toMatchObject({ status: 202, body: { families: [{ fate: 'left' }] } });
    expect(await leave).toMatchObject(problem(409, 'last_parent'));
  });
});

test('the end of an account takes the invitations along that would open it again', async () => {
  const teenager = await newDevice(server, family, 'teenager');
  const code = await newInvitation(server, family, { member_id: teenager.memberId });
  const others = await newInvitation(server, family, { role: 'grandparent' });
  expect(await eraseAt(server, `/users/${teenager.userId}`, admin)).toMatchObject({ status: 202 });
  const newcomer = (invitation: string): object => ({
    email: uniqueEmail('teenager'),
    password: PASSWORD,
    first_name: 'Leo',
    invitation,
  });
  expect(await nobody(server).post('/auth/register', newcomer(code))).toMatchObject(problem(404, 'invitation_invalid'));
  expect(await statusOf(teenager.userId)).toBe('closing');
  expect(await nobody(server).post('/auth/register', newcomer(others))).toMatchObject({ status: 201 });
});
