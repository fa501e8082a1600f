import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { components } from '../contract/client.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newConversation,
  newFamily,
  newFirstAdmin,
  newGuest,
  newInvitation,
  newMember,
  newMemory,
  newProfile,
  nobody,
  PASSWORD,
  problem,
  signIn,
  uniqueEmail,
  type FamilyMember,
  type PageOf,
  type TestFamily,
} from '../support/factories.js';

jest.setTimeout(120_000);

type Event = components['schemas']['AuditEventResponse'];

describe('the audit log', () => {
  let server: TestApp;
  let admin: FamilyMember;
  let family: TestFamily;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    admin = await newFirstAdmin(server);
    family = await newFamily(server);
  });
  afterAll(() => server.close());

  /** What the admin finds, newest first. */
  async function log(filter: Readonly<Record<string, string>>): Promise<readonly Event[]> {
    const query = new URLSearchParams({ limit: '100', ...filter }).toString();
    const { status, body } = await as(server, admin).get<PageOf<Event>>(`/audit?${query}`);
    expect(status).toBe(200);
    return body.data;
  }
  const actionsOf = (events: readonly Event[]): string[] => events.map(({ action }) => action).toReversed();

  describe('knows of signing in', () => {
    test('that it succeeded, from where and with what', async () => {
      const { userId, email } = await newMember(server, family, 'grandparent');
      await server
        .http()
        .post('/api/v1/auth/login')
        .set('user-agent', 'Kitchen tablet/1.0')
        .set('x-request-id', 'kitchen-0001')
        .send({ email, password: PASSWORD })
        .expect(200);
      const [event] = await log({ actor: userId, action: 'auth.login' });
      expect(event).toMatchObject({
        outcome: 'success',
        actor_user_id: userId,
        subject_user_id: userId,
        target_type: 'session',
        address: '127.0.0.1',
        user_agent: 'Kitchen tablet/1.0',
        request_id: 'kitchen-0001',
        details: { method: 'password' },
      });
    });

    test('that a wrong password was refused, without the password and the name', async () => {
      const { userId, email } = await newMember(server, family, 'grandparent');
      await nobody(server).post('/auth/login', { email, password: 'Tr0ub4dor-and-3-more' });
      const secret = `unknown-${uniqueEmail()}`;
      await nobody(server).post('/auth/login', { email: secret, password: 'Tr0ub4dor-and-3-more' });
      expect(await log({ subject: userId, action: 'auth.login', outcome: 'refused' })).toMatchObject([
        { actor_user_id: null, details: { method: 'password', reason: 'invalid_credentials' } },
      ]);
      const [unknown] = await log({ action: 'auth.login', outcome: 'refused' });
      expect(unknown).toMatchObject({ actor_user_id: null, subject_user_id: null });
      const rows = await asIdentity<{ row: string }>(server, 'SELECT e::text AS row FROM audit_events e', []);
      expect(rows.filter(({ row }) => row.includes(secret) || row.includes('Tr0ub4dor'))).toEqual([]);
    });

    test('that attempts are held back fills it with nothing more', async () => {
      const limited = await startApp({ env: { REGISTRATION: 'open', RATE_LIMIT_MULTIPLIER: '1' } });
      try {
        const { userId, email } = await newFirstAdmin(limited);
        const attempts = [];
        for (let attempt = 0; attempt < 8; attempt += 1)
          attempts.push(
            await nobody(limited).post<{ code: string }>('/auth/login', { email, password: 'not-it-at-all' }),
          );
        const heldBack = attempts.filter(({ body }) => body.code === 'too_many_failures').length;
        expect(heldBack).toBeGreaterThan(0);
        const [row] = await asIdentity<{ n: number }>(
          limited,
          `SELECT count(*)::int AS n FROM audit_events WHERE subject_user_id = $1 AND outcome = 'refused'`,
          [userId],
        );
        expect(row).toEqual({ n: attempts.length - heldBack });
      } finally {
        await limited.close();
      }
    });

    test('that a disabled account was refused', async () => {
      const { userId, email } = await newMember(server, family, 'grandparent');
      await as(server, admin).patch(`/users/${userId}`, { status: 'disabled' });
      await nobody(server).post('/auth/login', { email, password: PASSWORD });
      expect(await log({ subject: userId, outcome: 'refused' })).toMatchObject([
        { action: 'auth.login', details: { reason: 'account_disabled' } },
      ]);
    });

    test('of the whole life of an account', async () => {
      const person = await newMember(server, family, 'grandparent');
      const other = await signIn(server, person.email);
      const asPerson = as(server, person);
      const { body } = await asPerson.get<PageOf<{ id: string; current: boolean }>>('/auth/sessions');
      const session = body.data.find(({ current }) => !current)?.id ?? '';
      await asPerson.delete(`/auth/sessions/${session}`);
      await asPerson.post('/auth/password/change', { current_password: 'wrong-one-for-sure', new_password: 'x' });
      await asPerson.post('/auth/password/change', {
        current_password: PASSWORD,
        new_password: 'another quiet harbour 9',
      });
      await asPerson.patch('/users/me', { first_name: 'Rosa', language: 'es' });
      await nobody(server).post('/auth/refresh', { refresh_token: other.refreshToken });
      await asPerson.post('/auth/logout');
      const again = await signIn(server, person.email, 'another quiet harbour 9');
      await as(server, again).post('/auth/logout-all');
      const events = await log({ subject: person.userId });
      expect(events.map(({ action, outcome }) => `${action} ${outcome}`).toReversed()).toEqual([
        'auth.register success',
        'auth.login success',
        'auth.login success',
        'auth.session_revoke success',
        'auth.password_change refused',
        'auth.password_change success',
        'user.update success',
        'auth.logout success',
        'auth.login success',
        'auth.logout_all success',
      ]);
      expect(events.find(({ action }) => action === 'auth.session_revoke')).toMatchObject({ target_id: session });
      expect(events.find(({ action }) => action === 'user.update')?.details).toEqual({ fields: 'first_name,language' });
    });

    test('that a refresh token was used twice', async () => {
      const { userId, refreshToken } = await newMember(server, family, 'grandparent');
      const next = await nobody(server).post<{ refresh_token: string }>('/auth/refresh', {
        refresh_token: refreshToken,
      });
      await nobody(server).post('/auth/refresh', { refresh_token: next.body.refresh_token });
      expect(await nobody(server).post('/auth/refresh', { refresh_token: refreshToken })).toMatchObject(
        problem(401, 'refresh_token_reused'),
      );
      expect(await log({ subject: userId, action: 'auth.refresh_reuse' })).toMatchObject([
        { outcome: 'refused', actor_user_id: null, target_type: 'session' },
      ]);
    });
  });

  test('knows what admins do to accounts, and what they look at', async () => {
    const { userId } = await newMember(server, family, 'grandparent');
    const asAdmin = as(server, admin);
    await asAdmin.get(`/users/${userId}`);
    await asAdmin.get(`/roles/user/${userId}`);
    await asAdmin.post('/roles/assign', { user_id: userId, role: 'operator' });
    await asAdmin.post('/roles/assign', { user_id: userId, role: 'operator' }); // has it already
    await asAdmin.post('/roles/revoke', { user_id: userId, role: 'operator' });
    await asAdmin.patch(`/users/${userId}`, { status: 'disabled' });
    await asAdmin.patch(`/users/${userId}`, { status: 'active', last_name: 'Ortiz' });
    await asAdmin.get('/users?limit=1');
    await asAdmin.get(`/users/${admin.userId}`); // their own
    expect(actionsOf(await log({ actor: admin.userId, subject: userId }))).toEqual([
      'user.read',
      'user.read',
      'role.assign',
      'role.revoke',
      'user.disable',
      'user.enable',
      'user.update',
    ]);
    expect(await log({ actor: admin.userId, action: 'user.list' })).toMatchObject([{ details: { accounts: 1 } }]);
    expect(await log({ actor: admin.userId, subject: admin.userId, action: 'user.read' })).toEqual([]);
  });

  test('knows what happens to a family and its members', async () => {
    const home = await newFamily(server, 'Chronicle');
    const asParent = as(server, home.parent);
    await asParent.patch('/family', { name: 'Chronicles' });
    const profile = await newProfile(server, home, 'teenager');
    await newGuest(server, await newInvitation(server, home, { member_id: profile }));
    await newInvitation(server, home, { role: 'grandparent' });
    const { body } = await asParent.get<PageOf<{ id: string; accepted_at: string | null }>>('/family/invitations');
    const open = body.data.find(({ accepted_at }) => accepted_at === null)?.id ?? '';
    await asParent.delete(`/family/invitations/${open}`);
    await asParent.patch(`/family/members/${profile}`, { role: 'child' });
    await asParent.patch(`/family/members/${profile}`, { first_name: 'Lea' });
    await asParent.delete(`/family/members/${profile}`);
    const leaving = await newMember(server, home, 'grandparent');
    await as(server, leaving).delete(`/family/members/${leaving.memberId}`);
    const events = (await log({})).filter(({ family_id }) => family_id === home.familyId);
    expect(actionsOf(events)).toEqual([
      'family.create',
      'family.update',
      'member.create',
      'invitation.create',
      'invitation.accept',
      'invitation.create',
      'invitation.withdraw',
      'member.update',
      'member.role_change',
      'member.update',
      'member.remove',
      'invitation.create',
      'invitation.accept',
      'member.leave',
    ]);
    expect(events.find(({ action }) => action === 'member.role_change')?.details).toEqual({
      from: 'teenager',
      to: 'child',
    });
  });

  test('knows of changes to memories and conversations by their ids, and never a word of them', async () => {
    const person = await newMember(server, family, 'grandparent');
    const asPerson = as(server, person);
    const { id } = await newMemory(server, person, 'The sentinel quokka lives in the shed');
    await asPerson.patch(`/memories/${id}`, { content: 'The sentinel quokka lives in the attic' });
    await asPerson.post(`/memories/${id}/share`, { visibility: 'family' });
    await asPerson.post(`/memories/${id}/unshare`);
    await asPerson.post(`/memories/${id}/undo`);
    await asPerson.post(`/memories/${id}/contest`, { reason: 'The sentinel quokka has moved' });
    await asPerson.delete(`/memories/${id}`);
    await asPerson.post('/memories/batch', { memories: [{ content: 'One quokka' }, { content: 'Two quokkas' }] });
    const conversation = await newConversation(server, person, { title: 'About the quokka' });
    await asPerson.patch(`/conversations/${conversation.id}`, { title: 'About quokkas' });
    await asPerson.delete(`/conversations/${conversation.id}`);
    const events = [...(await log({ actor: person.userId, action: 'memory.' }))];
    expect(actionsOf(events)).toEqual([
      'memory.create',
      'memory.update',
      'memory.share',
      'memory.unshare',
      'memory.undo',
      'memory.contest',
      'memory.delete',
      'memory.create',
    ]);
    expect(new Set(events.slice(1).map(({ target_id }) => target_id))).toEqual(new Set([id]));
    expect(events[0]).toMatchObject({ target_id: null, details: { memories: 2 } });
    expect(actionsOf(await log({ actor: person.userId, action: 'conversation.' }))).toEqual([
      'conversation.update',
      'conversation.delete',
    ]);
    const rows = await asIdentity<{ row: string }>(server, 'SELECT e::text AS row FROM audit_events e', []);
    expect(rows.filter(({ row }) => row.includes('quokka'))).toEqual([]);
  });

  test('remembers a request that is repeated under its key once', async () => {
    const person = await newMember(server, family, 'grandparent');
    const repeated = as(server, person).with({ 'idempotency-key': 'again-and-again' });
    for (let times = 0; times < 2; times += 1) await repeated.post('/memories', { content: 'Said once' });
    expect(await log({ actor: person.userId, action: 'memory.create' })).toHaveLength(1);
  });

  describe('as admins ask for it', () => {
    test('is for nobody else', async () => {
      expect(await nobody(server).get('/audit')).toMatchObject(problem(401, 'unauthenticated'));
      for (const path of ['/audit', '/audit/export'])
        expect(await as(server, family.parent).get(path)).toMatchObject(problem(403, 'insufficient_permissions'));
    });

    test.each([
      ['action=Login', 'action'],
      ['action=auth.%25', 'action'],
      ['outcome=maybe', 'outcome'],
      ['actor=me', 'actor'],
      ['subject=1', 'subject'],
      ['from=yesterday', 'from'],
      ['to=2026-02-30', 'to'],
      ['limit=101', 'limit'],
      ['cursor=abc', 'cursor'],
      ['everything=true', 'everything'],
    ])('refuses ?%s', async (query, field) => {
      expect(await as(server, admin).get(`/audit?${query}`)).toMatchObject(problem(400, 'validation_failed', field));
    });

    test('comes in pages that neither repeat nor hide anything, though reading it adds to it', async () => {
      const { userId } = await newMember(server, family, 'grandparent');
      const { email } = (await as(server, admin).get<{ email: string }>(`/users/${userId}`)).body;
      for (let times = 0; times < 6; times += 1) await signIn(server, email);
      const pages = await as(server, admin).walk<Event>(`/audit?actor=${userId}&action=auth.login`, 3);
      expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
      const all = pages.flat();
      expect(new Set(all.map(({ id }) => id)).size).toBe(7);
      expect(all.map(({ occurred_at }) => occurred_at)).toEqual(
        all
          .map(({ occurred_at }) => occurred_at)
          .toSorted()
          .toReversed(),
      );
    });

    test('is narrowed by time, outcome and address', async () => {
      const person = await newMember(server, family, 'grandparent');
      const [first] = await log({ actor: person.userId, action: 'auth.login' });
      const at = first?.occurred_at ?? '';
      const later = new Date(Date.parse(at) + 60_000).toISOString();
      const earlier = new Date(Date.parse(at) - 60_000).toISOString();
      const filter = { actor: person.userId, action: 'auth.login' };
      expect(await log({ ...filter, from: earlier, to: later })).toHaveLength(1);
      expect(await log({ ...filter, from: later })).toEqual([]);
      expect(await log({ ...filter, to: earlier })).toEqual([]);
      expect(await log({ ...filter, outcome: 'refused' })).toEqual([]);
      expect(await log({ ...filter, address: '127.0.0.1' })).toHaveLength(1);
      expect(await log({ ...filter, address: "127.0.0.1' OR true --" })).toEqual([]);
    });

    test('is read by nobody without a trace, which whoever is looked up sees', async () => {
      const person = await newMember(server, family, 'grandparent');
      await log({ actor: person.userId });
      await as(server, admin).get(`/audit/export?subject=${person.userId}`);
      const { body } = await as(server, person).get<PageOf<Event>>('/audit/me?action=audit.');
      expect(body.data.map(({ action, actor_user_id }) => [action, actor_user_id])).toEqual([
        ['audit.export', admin.userId],
        ['audit.read', admin.userId],
      ]);
    });
  });

  describe('as CSV', () => {
    const csv = async (query: string): Promise<string> => {
      const answer = await server.http().get(`/api/v1/audit/export?${query}`).set('authorization', admin.bearer);
      expect([answer.status, answer.headers['content-type'], answer.headers['content-disposition']]).toEqual([
        200,
        'text/csv; charset=utf-8',
        'attachment; filename="audit.csv"',
      ]);
      return answer.text;
    };

    test('has one line per event, and none that a spreadsheet would run', async () => {
      const { userId, email } = await newMember(server, family, 'grandparent');
      for (const agent of ['=HYPERLINK("https://evil.example")', '+1', '-1', '@SUM(A1)', 'a "quoted", agent']) {
        await server.http().post('/api/v1/auth/login').set('user-agent', agent).send({ email, password: PASSWORD });
      }
      const lines = (await csv(`actor=${userId}&action=auth.login`)).split('\r\n');
      expect(lines[0]).toBe(
        'occurred_at,action,outcome,actor_user_id,subject_user_id,family_id,target_type,target_id,address,user_agent,request_id,details',
      );
      expect(lines).toHaveLength(1 + 6 + 1);
      const text = lines.join('\n');
      for (const cell of [
        `"'=HYPERLINK(""https://evil.example"")"`,
        `,'+1,`,
        `,'-1,`,
        `,'@SUM(A1),`,
        `"a ""quoted"", agent"`,
      ])
        expect(text).toContain(cell);
      expect(text).not.toMatch(/,"?[=+@]/);
    });

    test('is only a head where nothing is found', async () => {
      expect((await csv('actor=019a9c1e-0000-7000-8000-000000000000')).split('\r\n')).toHaveLength(2);
    });

    test('has no pages to ask for', async () => {
      expect(await as(server, admin).get('/audit/export?limit=5')).toMatchObject(
        problem(400, 'validation_failed', 'limit'),
      );
    });

    test('comes whole where there are more events than are read at once', async () => {
      const person = uniqueEmail();
      await asIdentity(
        server,
        `INSERT INTO audit_events (id, action, outcome, address)
         SELECT gen_random_uuid(), 'test.many', 'success', $1 FROM generate_series(1, 2500)`,
        [person],
      );
      const lines = (await csv(`address=${encodeURIComponent(person)}`)).trimEnd().split('\r\n');
      expect(lines).toHaveLength(2501);
    });
  });
});
