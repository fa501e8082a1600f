import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ExportsService } from '../../src/modules/privacy/exports.service.js';
import { fetchArchive, newArchive } from '../support/archive.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
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
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';

jest.setTimeout(120_000);

describe('a copy of one’s data', () => {
  let server: TestApp;
  let family: TestFamily;
  let person: FamilyMember;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    await newFirstAdmin(server);
    family = await newFamily(server);
  });
  beforeEach(async () => {
    person = await newMember(server, family, 'teenager');
  });
  afterAll(() => server.close());

  const folder = (): string => join(server.config.server.dataDir, 'exports');

  test('is for nobody else to ask for or to fetch', async () => {
    expect(await nobody(server).post('/users/me/export')).toMatchObject(problem(401, 'unauthenticated'));
    const { body } = await as(server, person).post<{ id: string }>('/users/me/export');
    await fetchArchive(server, person, body.id);
    const path = `/users/me/exports/${body.id}`;
    expect(await nobody(server).get(path)).toMatchObject(problem(401, 'unauthenticated'));
    expect(await as(server, family.parent).get(path)).toMatchObject(problem(404, 'export_not_found'));
    expect(await as(server, person).get('/users/me/exports/1')).toMatchObject(problem(400, 'validation_failed', 'id'));
  });

  test('is nothing that a child asks for', async () => {
    const child = await newChild(server, family);
    expect(await as(server, child).post('/users/me/export')).toMatchObject(problem(403, 'insufficient_permissions'));
  });

  test('has everything that is theirs, with every version', async () => {
    const { id } = await newMemory(server, person, 'I live in Vigo', { tags: ['home'] });
    await as(server, person).patch(`/memories/${id}`, { content: 'I live in Lugo' });
    const talk = await newConversation(server, person, { title: 'My plans' });
    await newTurns(server, person, talk.id, 'Next year I will sail');
    const shared = await newConversation(server, family.parent, { visibility: 'family' });
    await newTurns(server, family.parent, shared.id, 'Who feeds the cat?');
    await newTurns(server, person, shared.id, 'I fed it already');
    await newMemory(server, family.parent, 'Leo is good at chess', {
      subject_id: person.memberId,
      visibility: 'family',
    });
    await as(server, family.parent).get(`/users/${person.userId}/profile`);

    const key = await newApiKey(server, person, ['memory:read']);
    await asIdentity(
      server,
      `INSERT INTO identities (id, user_id, provider, issuer, subject) VALUES (gen_random_uuid(), $1, 'home', 'https://id.example.org', $2)`,
      [person.userId, person.email],
    );

    const archive = await newArchive(server, person);
    expect(archive.names.toSorted()).toEqual([
      'data/account.json',
      'data/api_keys.json',
      'data/audit.json',
      'data/conversations.json',
      'data/daily_requests.json',
      'data/devices.json',
      'data/families.json',
      'data/identities.json',
      'data/mail_links.json',
      'data/memories.json',
      'data/memories_about_you.json',
      'data/profile.json',
      'data/sessions.json',
      'data/turns.json',
      'index.html',
    ]);
    expect(archive.rows('account')).toMatchObject([
      { id: person.userId, email: person.email, roles: ['user'], permissions: [] },
    ]);
    expect(archive.rows('families')).toMatchObject([
      { family: { id: family.familyId, name: 'Núñez' }, id: person.memberId, role: 'teenager' },
    ]);
    expect(archive.rows('sessions')).toMatchObject([{ address: '127.0.0.1', revoked_at: null }]);
    expect(archive.rows('api_keys')).toMatchObject([{ id: key.id, scopes: ['memory:read'] }]);
    expect(archive.rows('identities')).toMatchObject([{ provider: 'home', subject: person.email }]);
    expect(archive.rows('mail_links').map(({ purpose }) => purpose)).toContain('verify');
    expect(archive.rows('devices')).toEqual([]);
    expect(archive.text).not.toContain(key.secret);
    expect(archive.rows('memories').map(({ version, content }) => [version, content])).toEqual([
      [1, 'I live in Vigo'],
      [2, 'I live in Lugo'],
    ]);
    expect(archive.rows('memories_about_you')).toMatchObject([{ content: 'Leo is good at chess' }]);
    expect(archive.rows('conversations')).toMatchObject([{ title: 'My plans', turn_count: 1 }]);
    expect(archive.rows('turns').map(({ content }) => content)).toEqual(['Next year I will sail', 'I fed it already']);
    expect(archive.rows('profile')).toMatchObject([{ family_id: family.familyId }]);
    expect(archive.rows('audit').map(({ action }) => action)).toEqual(
      expect.arrayContaining(['auth.login', 'memory.create', 'profile.read', 'account.export']),
    );
    expect(archive.page()).toContain('<html lang="en">');
    expect(archive.page()).toContain('I live in Lugo');
  });

  test('has what they told a family that they have left, and nothing that was said there afterwards', async () => {
    const home = await newFamily(server);
    const guest = await newMember(server, home, 'grandparent');
    const shown = { visibility: 'family' };
    await newMemory(server, guest, 'I taught at a school', shown);
    await newMemory(server, home.parent, 'She taught physics', { ...shown, subject_id: guest.memberId });
    const talk = await newConversation(server, guest, { ...shown, title: 'Dinner' });
    await newTurns(server, guest, talk.id, 'I bring the wine');
    expect((await as(server, guest).delete(`/family/members/${guest.memberId}`)).status).toBe(204);
    await newTurns(server, home.parent, talk.id, 'What a quokka she was');
    const archive = await newArchive(server, guest);
    expect(archive.rows('families')).toEqual([
      { family: { id: home.familyId }, id: guest.memberId, left_at: expect.any(String) },
    ]);
    expect(archive.rows('memories').map(({ content }) => content)).toContain('I taught at a school');
    expect(archive.rows('conversations')).toMatchObject([{ title: 'Dinner' }]);
    expect(archive.rows('turns').map(({ content }) => content)).toEqual(['I bring the wine']);
    expect(archive.rows('memories_about_you')).toEqual([]);
    expect(archive.rows('profile')).toEqual([]);
    expect(archive.text).not.toContain('quokka');
  });

  test('has nothing that others keep to themselves, and no secret', async () => {
    await newMemory(server, family.parent, 'I plan a surprise for Leo: quokka', { subject_id: person.memberId });
    const talk = await newConversation(server, family.parent);
    await newTurns(server, family.parent, talk.id, 'Leo must not know of the quokka');
    const { text } = await newArchive(server, person);
    expect(text).not.toContain('quokka');
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toMatch(/\$argon2|password_hash|token_hash|code_hash/);
    expect(text).not.toContain(person.refreshToken);
  });

  test('has a page in the person’s languages, in which nothing that people wrote runs', async () => {
    await newMemory(server, person, '<script>alert(1)</script> & "niño"');
    await as(server, person).patch('/users/me', { language: 'es' });
    const spanish = (await newArchive(server, person)).page();
    expect(spanish).toContain('<html lang="es">');
    expect(spanish).toContain('Sus recuerdos');
    expect(spanish).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;niño&quot;');
    expect(spanish).not.toContain('<script');
    await as(server, person).patch('/users/me', { language: 'bilingual' });
    const both = await newArchive(server, person);
    expect(both.names).toEqual(expect.arrayContaining(['index.en.html', 'index.es.html']));
    expect(both.page('index.en.html')).toContain('Your memories');
  });

  test('is whole where there is more than is read at once', async () => {
    for (const part of [0, 1])
      await as(server, person).post('/memories/batch', {
        memories: Array.from({ length: 400 }, (_, index) => ({ content: `Note ${String(part * 400 + index)}` })),
      });
    const { rows } = await newArchive(server, person);
    expect(new Set(rows('memories').map(({ content }) => content)).size).toBe(800);
  });

  test('is made once at a time, however often it is asked for', async () => {
    const asked = await Promise.all(
      Array.from({ length: 5 }, () => as(server, person).post<{ id: string; state: string }>('/users/me/export')),
    );
    expect(asked.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    for (const { body } of asked) expect(body.state).toBe('waiting');
  });

  test('is a file for the server’s user alone, which a newer one replaces', async () => {
    await newArchive(server, person);
    const before = await readdir(folder());
    await newArchive(server, person);
    const after = await readdir(folder());
    expect(after).toHaveLength(before.length);
    for (const name of after) {
      expect(name).toMatch(/^[0-9a-f]{48}\.zip$/);
      expect(((await stat(join(folder(), name))).mode & 0o777).toString(8)).toBe('600');
    }
    expect(((await stat(folder())).mode & 0o777).toString(8)).toBe('700');
  });

  test('is gone when its time is over, its file as well', async () => {
    const { body } = await as(server, person).post<{ id: string }>('/users/me/export');
    await fetchArchive(server, person, body.id);
    const [row] = await asIdentity<{ file: string }>(
      server,
      `UPDATE privacy_exports SET expires_at = now() WHERE id = $1 RETURNING file`,
      [body.id],
    ).then((rows) => rows.flat() as { file: string }[]);
    expect(await as(server, person).get(`/users/me/exports/${body.id}`)).toMatchObject(
      problem(404, 'export_not_found'),
    );
    const path = join(folder(), row?.file ?? '');
    await utimes(path, new Date(0), new Date(0));
    await server.app.get(ExportsService).expire();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  test('has a limit', async () => {
    const limited = await startApp({ env: { REGISTRATION: 'open', RATE_LIMIT_MULTIPLIER: '1' } });
    try {
      const admin = await newFirstAdmin(limited);
      const statuses: number[] = [];
      for (let times = 0; times < 6; times += 1)
        statuses.push((await as(limited, admin).post('/users/me/export')).status);
      expect(statuses).toEqual([202, 202, 202, 202, 202, 429]);
    } finally {
      await limited.close();
    }
  });
});
