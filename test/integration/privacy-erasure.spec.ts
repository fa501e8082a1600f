import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newArchive } from '../support/archive.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  asWorker,
  found,
  newChild,
  newConversation,
  newFamily,
  newFirstAdmin,
  newMember,
  newApiKey,
  newMemory,
  newTurns,
  nobody,
  PASSWORD,
  problem,
  signIn,
  type FamilyMember,
  type SignedIn,
  type TestFamily,
} from '../support/factories.js';
import { erase, receiptOf, sentinel } from '../support/erasure.js';
import { tracesOf } from './memory-traces.js';

jest.setTimeout(120_000);

describe('the erasure of an account', () => {
  let server: TestApp;
  let family: TestFamily;
  let person: FamilyMember;
  let written = '';

  beforeAll(async () => {
    const logs = new PassThrough();
    logs.setEncoding('utf8').on('data', (text: string) => (written += text));
    server = await startApp({ env: { REGISTRATION: 'open', ERASURE_GRACE_DAYS: '0' }, logs });
    await newFirstAdmin(server);
  });
  beforeEach(async () => {
    family = await newFamily(server);
    person = await newMember(server, family, 'grandparent');
  });
  afterAll(() => server.close());

  /** Somebody whose every field has a word of its own. */
  async function planted(words: readonly string[]): Promise<SignedIn> {
    const [name, surname, mail, agent] = words;
    const code = await as(server, family.parent).post<{ code: string }>('/family/invitations', { role: 'grandparent' });
    const email = `${String(mail)}@example.org`;
    await server
      .http()
      .post('/api/v1/auth/register')
      .send({
        email,
        username: String(mail).slice(-20),
        password: PASSWORD,
        first_name: String(name),
        last_name: String(surname),
        invitation: code.body.code,
      })
      .expect(201);
    await server.http().post('/api/v1/auth/login').set('user-agent', String(agent)).send({ email, password: PASSWORD });
    return signIn(server, email);
  }

  test('leaves no word of the person in any table, in Redis, in files or in the log', async () => {
    const words = Array.from({ length: 14 }, sentinel);
    const [, , , , secret, rephrased, told, shown, tag, title, said, answered, doubt, about] = words.map(String);
    const gone = await planted(words);
    const asGone = as(server, gone).with({ 'idempotency-key': sentinel() });
    const { id } = await newMemory(server, gone, `I live in ${String(secret)}`, { tags: [tag], metadata: { tag } });
    await asGone.patch(`/memories/${id}`, { content: `I live in ${String(rephrased)}` });
    await newMemory(server, gone, `We all like ${String(told)}`, { visibility: 'family' });
    await newMemory(server, gone, `Only for you: ${String(shown)}`, { audience: [family.parent.memberId] });
    const own = await newConversation(server, gone, { title });
    await newTurns(server, gone, own.id, `Nobody knows of ${String(said)}`);
    const shared = await newConversation(server, family.parent, { visibility: 'family' });
    await newTurns(server, family.parent, shared.id, 'What shall we eat?');
    await newTurns(server, gone, shared.id, `Some ${String(answered)}`);
    const contested = await newMemory(server, family.parent, 'We all like tea', {
      visibility: 'family',
      subject_id: null,
    });
    const me = (await as(server, gone).get<{ member_id: string }>('/auth/me')).body.member_id;
    const ofMe = await newMemory(server, family.parent, 'She likes tea', { visibility: 'family', subject_id: me });
    await as(server, gone).post(`/memories/${ofMe.id}/contest`, { reason: `No, ${String(doubt)}` });
    await newMemory(server, gone, `About myself: ${String(about)}`, { visibility: 'family', subject_id: me });
    await found(server, family.parent, String(told));
    await newArchive(server, gone);
    const before = await tracesOf(server, words);
    expect(words.filter((word) => !before.some((trace) => trace.startsWith(word)))).toEqual([]);

    const { status, body } = await erase(server, gone);
    expect([status, body.families]).toEqual([202, [{ id: family.familyId, fate: 'left' }]]);
    const receipt = await receiptOf(server, body);
    expect(await tracesOf(server, words)).toEqual([]);
    expect(await tracesOf(server, [gone.email.toLowerCase()])).toEqual([]);
    expect(receipt.erased).toMatchObject({
      accounts: 1,
      memberships: 1,
      sessions: 2,
      conversations: 1,
      turns: 2,
      exports: 1,
    });
    // And what was understood from what they said, if that came first.
    expect(receipt.erased['memories']).toBeGreaterThanOrEqual(4);
    expect(JSON.stringify(receipt)).not.toContain(gone.userId);
    expect(Date.parse(receipt.backups_until ?? '') - Date.parse(receipt.erased_at ?? '')).toBe(400 * 86_400_000);
    const folder = join(server.config.server.dataDir, 'exports');
    expect(await readdir(folder)).toEqual([]);
    expect(written).not.toContain('sentinel');
    expect((await found(server, family.parent, String(told))).map(({ content }) => content).join()).not.toContain(told);
    // What others said is still theirs.
    for (const memory of [contested, ofMe])
      expect((await as(server, family.parent).get(`/memories/${memory.id}`)).status).toBe(200);
    const turns = await as(server, family.parent).get<{ data: { content: string }[] }>(
      `/conversations/${shared.id}/turns`,
    );
    expect(turns.body.data.map(({ content }) => content)).toEqual(['What shall we eat?']);
  });

  test('keeps what they told the family of somebody else, as it stands, without its past', async () => {
    const [early, late] = [sentinel(), sentinel()];
    const child = await newChild(server, family);
    const { id } = await newMemory(server, person, `Allergic to ${early}`, {
      visibility: 'family',
      subject_id: child.memberId,
    });
    await as(server, person).patch(`/memories/${id}`, { content: `Allergic to ${late}`, subject_id: child.memberId });
    await newMemory(server, person, 'A private thought of the child', { subject_id: child.memberId });
    const receipt = await receiptOf(server, (await erase(server, person)).body);
    expect(receipt.erased).toMatchObject({ memories: 1, memory_versions: 1 });
    expect(await tracesOf(server, [early])).toEqual([]);
    const { body } = await as(server, family.parent).get<{ content: string }>(`/memories/${id}`);
    expect(body.content).toBe(`Allergic to ${late}`);
    expect((await found(server, child, late)).map((result) => result.id)).toEqual([id]);
  });

  describe('of somebody who has left a family before', () => {
    /** Tells the family something in every way, about themselves, another one and nobody. */
    async function tell(words: readonly string[], leo: string): Promise<string> {
      const [own, common, said, kept, ofLeo] = words.map(String);
      const shown = { visibility: 'family' };
      await newMemory(server, person, `I have ${String(own)}`, { ...shown, subject_id: person.memberId });
      await newMemory(server, person, `We all like ${String(common)}`, { ...shown, subject_id: null });
      const talk = await newConversation(server, person, shown);
      await newTurns(server, person, talk.id, `Nobody forgets ${String(said)}`);
      await newMemory(server, person, `My ${String(kept)}`);
      return (await newMemory(server, person, `Leo likes ${String(ofLeo)}`, { ...shown, subject_id: leo })).id;
    }

    test.each([
      ['by themselves', () => as(server, person).delete(`/family/members/${person.memberId}`)],
      ['because a parent took them out', () => as(server, family.parent).delete(`/family/members/${person.memberId}`)],
    ])('%s takes along what they told it of themselves', async (_how, leave) => {
      const words = Array.from({ length: 5 }, sentinel);
      const leo = await newChild(server, family);
      const ofLeo = await tell(words, leo.memberId);
      expect((await leave()).status).toBe(204);
      const { body } = await erase(server, person);
      expect(body.families).toEqual([]);
      expect((await receiptOf(server, body)).erased).toMatchObject({ accounts: 1, conversations: 1, turns: 1 });
      expect(await tracesOf(server, words.slice(0, 4))).toEqual([]);
      // What is Leo's as well stays, as with any other erasure.
      expect((await as(server, leo).get(`/memories/${ofLeo}`)).status).toBe(200);
      expect(await asIdentity(server, 'SELECT FROM former_members WHERE user_id = $1', [person.userId])).toEqual([]);
    });

    test('and has come back takes both times along', async () => {
      const words = Array.from({ length: 6 }, sentinel);
      const leo = await newChild(server, family);
      await tell(words, leo.memberId);
      await as(server, person).delete(`/family/members/${person.memberId}`);
      const { body: invitation } = await as(server, family.parent).post<{ code: string }>('/family/invitations', {
        role: 'grandparent',
      });
      expect((await as(server, person).post('/family/invitations/accept', { code: invitation.code })).status).toBe(200);
      await newMemory(server, person, `I am back for ${String(words[5])}`, { visibility: 'family' });
      const { body } = await erase(server, person);
      expect(body.families).toEqual([{ id: family.familyId, fate: 'left' }]);
      await receiptOf(server, body);
      expect(await tracesOf(server, [...words.slice(0, 4), String(words[5])])).toEqual([]);
    });
  });

  test('takes every way in along, and requests of mails that name an address alone', async () => {
    await newApiKey(server, person, ['memory:read']);
    await asIdentity(
      server,
      `INSERT INTO identities (id, user_id, provider, issuer, subject, email) VALUES (gen_random_uuid(), $1, 'home', 'https://id.example.org', $2, $2)`,
      [person.userId, person.email],
    );
    await asIdentity(server, `INSERT INTO mail_tokens (id, purpose, email) VALUES (gen_random_uuid(), 'reset', $1)`, [
      person.email,
    ]);
    const receipt = await receiptOf(server, (await erase(server, person)).body);
    expect(receipt.erased).toMatchObject({ api_keys: 1, identities: 1, sessions: 1 });
    expect(receipt.erased['mail_links']).toBeGreaterThanOrEqual(1);
    expect(await tracesOf(server, [person.email])).toEqual([]);
  });

  test('takes what events told of the place away, and leaves that something happened', async () => {
    await as(server, person).patch('/users/me', { first_name: 'Rosa' });
    await receiptOf(server, (await erase(server, person)).body);
    const events = await asIdentity<{ action: string; address: string | null; user_agent: string | null }>(
      server,
      `SELECT action, address, user_agent FROM audit_events WHERE actor_user_id = $1 OR subject_user_id = $1 ORDER BY id`,
      [person.userId],
    );
    expect(events.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['auth.register', 'user.update', 'account.erase', 'account.erased']),
    );
    expect(events.filter(({ address, user_agent }) => address !== null || user_agent !== null)).toEqual([]);
  });

  test('forgets no place of anybody who is still there', async () => {
    const tried = asIdentity(server, 'SELECT app.forget_in_audit($1)', [person.userId]);
    await expect(tried).rejects.toMatchObject({ driverError: { code: '42501' } });
  });

  test('lets the email be used again by somebody who is nobody’s heir', async () => {
    await newMemory(server, person, 'An old secret of mine');
    await receiptOf(server, (await erase(server, person)).body);
    expect(await nobody(server).post('/auth/login', { email: person.email, password: PASSWORD })).toMatchObject(
      problem(401, 'invalid_credentials'),
    );
    const again = await nobody(server).post<{ id: string }>('/auth/register', {
      email: person.email,
      password: PASSWORD,
      first_name: 'Rosa',
    });
    expect(again.status).toBe(201);
    expect(again.body.id).not.toBe(person.userId);
    expect(await found(server, await signIn(server, person.email), 'old secret')).toEqual([]);
  });

  describe('of a parent', () => {
    test('who is alone takes the family along', async () => {
      const home = await newFamily(server);
      const word = sentinel();
      await newMemory(server, home.parent, `We live in ${word}`, { visibility: 'family' });
      await as(server, home.parent).post('/family/members', { first_name: 'Leo', role: 'child' });
      const { body } = await erase(server, home.parent);
      expect(body.families).toEqual([{ id: home.familyId, fate: 'erased' }]);
      expect((await receiptOf(server, body)).erased).toMatchObject({ families: 1, memories: 1, accounts: 1 });
      expect(await tracesOf(server, [word])).toEqual([]);
      expect(await asWorker(server, home.familyId, 'SELECT id FROM members')).toEqual([]);
    });

    test('who is the last one of others has to decide', async () => {
      expect(await erase(server, family.parent)).toMatchObject(problem(409, 'last_parent_of_others', 'family'));
      expect((await as(server, family.parent).get('/auth/me')).status).toBe(200);
      await as(server, family.parent).patch(`/family/members/${person.memberId}`, { role: 'parent' });
      const { body } = await erase(server, family.parent);
      expect(body.families).toEqual([{ id: family.familyId, fate: 'left' }]);
      await receiptOf(server, body);
      expect((await as(server, person).get('/family')).status).toBe(200);
    });

    test('may decide to take the family along; the accounts of the others stay', async () => {
      const word = sentinel();
      await newMemory(server, person, `My ${word}`);
      const { body } = await erase(server, family.parent, { password: PASSWORD, family: 'erase' });
      expect(body.families).toEqual([{ id: family.familyId, fate: 'erased' }]);
      await receiptOf(server, body);
      expect(await tracesOf(server, [word])).toEqual([]);
      expect((await as(server, person).get<{ family: null }>('/auth/me')).body.family).toBeNull();
    });

    test('who goes while the other one is going as well is the last one', async () => {
      const second = await newMember(server, family, 'parent');
      await asIdentity(server, `UPDATE users SET status = 'closing' WHERE id = $1`, [second.userId]);
      expect(await erase(server, family.parent)).toMatchObject(problem(409, 'last_parent_of_others', 'family'));
    });
  });

  test('of one of two who go at a time leaves the family to the other, who may come back', async () => {
    const home = await newFamily(server);
    const word = sentinel();
    const second = await newMember(server, home, 'parent');
    await newMemory(server, second, `Our ${word}`, { visibility: 'family' });
    await asIdentity(server, `UPDATE users SET status = 'closing' WHERE id = $1`, [second.userId]);
    const { body } = await erase(server, home.parent);
    expect(body.families).toEqual([{ id: home.familyId, fate: 'left' }]);
    await receiptOf(server, body);
    const back = await signIn(server, second.email);
    expect((await found(server, back, word)).length).toBe(1);
    expect((await receiptOf(server, (await erase(server, back)).body)).erased).toMatchObject({ families: 1 });
    expect(await tracesOf(server, [word])).toEqual([]);
  });

  describe('is asked for', () => {
    test('with the right password only', async () => {
      expect(await erase(server, person, { password: 'not-my-password' })).toMatchObject(
        problem(400, 'wrong_password', 'password'),
      );
      expect((await as(server, person).get('/auth/me')).status).toBe(200);
    });

    test('or right after signing in', async () => {
      await asIdentity(server, `UPDATE sessions SET created_at = now() - interval '16 minutes' WHERE user_id = $1`, [
        person.userId,
      ]);
      expect(await erase(server, person, {})).toMatchObject(problem(403, 'fresh_sign_in_required'));
      expect(await erase(server, await signIn(server, person.email), {})).toMatchObject({ status: 202 });
    });

    test('by nobody else, and by no child', async () => {
      const child = await newChild(server, family);
      expect(await erase(server, child)).toMatchObject(problem(403, 'insufficient_permissions'));
      expect(await nobody(server).delete('/users/me')).toMatchObject(problem(401, 'unauthenticated'));
      expect(await erase(server, person, { family: 'keep' })).toMatchObject(
        problem(400, 'validation_failed', 'family'),
      );
    });

    test('not by the last admin of others', async () => {
      const other = await startApp({ env: { REGISTRATION: 'open', ERASURE_GRACE_DAYS: '0' } });
      try {
        const admin = await newFirstAdmin(other);
        const home = await newFamily(other);
        expect(await erase(other, admin)).toMatchObject(problem(409, 'last_admin'));
        await receiptOf(other, (await erase(other, home.parent)).body);
        // Alone on the server, nobody is left without one.
        await receiptOf(other, (await erase(other, admin)).body);
        const [row] = await asIdentity<{ n: number }>(other, 'SELECT count(*)::int AS n FROM users', []);
        expect(row).toEqual({ n: 0 });
      } finally {
        await other.close();
      }
    });

    test('once, of several who ask at the same time', async () => {
      const answers = await Promise.all([1, 2, 3].map(() => erase(server, person)));
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    });
  });

  test('has no receipt for those who guess', async () => {
    for (const code of ['x', 'k'.repeat(32), '%00', "'"])
      expect((await nobody(server).get(`/privacy/receipts/${encodeURIComponent(code)}`)).status).toBe(404);
  });
});
