import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SilenceBook } from '../../src/modules/alerting/silences/silence-book.js';
import { alertOf, messageOf, newName } from '../support/alerting/messages.js';
import { Receiver } from '../support/alerting/receiver.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase, onPostgres } from '../support/database.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  problem,
  type Caller,
  type SignedIn,
  type TestFamily,
} from '../support/factories.js';
import { until } from '../support/process.js';

// A limit for what hangs.
jest.setTimeout(120_000);

interface SilenceBody {
  readonly id: string;
  readonly state: string;
  readonly created_by: string | null;
  readonly expired_at: string | null;
}

const PROMPT = { ALERTS_GROUP_WAIT_CRITICAL: '0', ALERTS_GROUP_INTERVAL_CRITICAL: '1' };
const HOUR = 3_600_000;
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString();
const silenceOf = (name: string, more: object = {}): object => ({
  matchers: [{ name: 'alertname', operator: '=', value: name }],
  comment: 'It is being mended',
  ends_at: inHours(1),
  ...more,
});

describe('silences', () => {
  let receiver: Receiver;
  let server: TestApp;
  let admin: SignedIn;
  let family: TestFamily;
  let operator: Caller;

  beforeAll(async () => {
    receiver = await Receiver.start();
    server = await startApp({ env: { REGISTRATION: 'open', ALERTS_WEBHOOK_URL: receiver.url, ...PROMPT } });
    admin = await newFirstAdmin(server);
    family = await newFamily(server);
    operator = as(server, admin);
  });
  afterAll(async () => {
    await server.close();
    await receiver.close();
  });

  const make = async (request: object): Promise<SilenceBody> => {
    const { status, body } = await operator.post<SilenceBody>('/alerts/silences', request);
    expect(status).toBe(201);
    return body;
  };
  const silencedBy = async (rule: string): Promise<string | null | undefined> =>
    (await operator.get<{ data: { rule: string; silenced_by: string | null }[] }>('/alerts')).body.data.find(
      (alert) => alert.rule === rule,
    )?.silenced_by;

  it('keep alerts from being told until they end', async () => {
    const [silenced, heard] = [newName(), newName()];
    const silence = await make(silenceOf(silenced));
    expect(silence).toMatchObject({ state: 'active', created_by: admin.userId, expired_at: null });
    await operator.post('/alerts/webhook', messageOf(alertOf(silenced), alertOf(heard)));
    await receiver.hears(heard);
    expect(await silencedBy(silenced)).toBe(silence.id);
    expect(await silencedBy(heard)).toBeNull();
    expect(receiver.saying(silenced)).toEqual([]);

    expect(await operator.delete(`/alerts/silences/${silence.id}`)).toMatchObject({ status: 204 });
    await receiver.hears(silenced);
    expect(await silencedBy(silenced)).toBeNull();
  });

  it('fit by patterns, and by what is missing', async () => {
    const name = newName();
    await make(
      silenceOf(name, {
        matchers: [
          { name: 'alertname', operator: '=~', value: `${name.slice(0, 20)}.*` },
          { name: 'instance', operator: '!~', value: 'router|phone' },
          { name: 'nobody_has_it', operator: '=', value: '' },
        ],
      }),
    );
    await operator.post('/alerts/webhook', messageOf(alertOf(name)));
    expect(await silencedBy(name)).not.toBeNull();
  });

  it('are recorded in the audit log, and end once', async () => {
    const { id } = await make(silenceOf(newName()));
    await operator.delete(`/alerts/silences/${id}`);
    expect(await operator.delete(`/alerts/silences/${id}`)).toMatchObject({ status: 204 });
    const events = await asIdentity<{ action: string; actor_user_id: string }>(
      server,
      'SELECT action, actor_user_id FROM audit_events WHERE target_id = $1 ORDER BY id',
      [id],
    );
    expect(events).toEqual([
      { action: 'alert.silence_create', actor_user_id: admin.userId },
      { action: 'alert.silence_expire', actor_user_id: admin.userId },
    ]);
  });

  it('are listed page by page, newest first, with those that have ended', async () => {
    const made: string[] = [];
    for (let count = 0; count < 3; count += 1) made.push((await make(silenceOf(newName()))).id);
    await operator.delete(`/alerts/silences/${made[1] ?? ''}`);
    const pages = await operator.walk<SilenceBody>('/alerts/silences', 2);
    const all = pages.flat();
    expect(all.slice(0, 3).map(({ id, state }) => [id, state])).toEqual([
      [made[2], 'active'],
      [made[1], 'expired'],
      [made[0], 'active'],
    ]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it('that begin later wait for their time', async () => {
    const { id, state } = await make(silenceOf(newName(), { starts_at: inHours(0.5) }));
    expect(state).toBe('pending');
    await operator.delete(`/alerts/silences/${id}`);
  });

  it('that are asked for twice by one key, also at once, are one', async () => {
    const request = silenceOf(newName());
    const asked = operator.with({ 'idempotency-key': newName() });
    const answers = await Promise.all([1, 2, 3].map(() => asked.post<SilenceBody>('/alerts/silences', request)));
    expect(new Set(answers.map(({ status, body }) => `${String(status)} ${body.id}`)).size).toBe(1);
    expect(await asked.post('/alerts/silences', silenceOf(newName()))).toMatchObject(
      problem(422, 'alert_silence_key_reused'),
    );
  });

  it.each([
    ['nothing to fit', { matchers: [] }, 'matchers'],
    ['matchers that fit everything', { matchers: [{ name: 'a', operator: '=~', value: '.*' }] }, 'matchers'],
    ['a pattern that is none', { matchers: [{ name: 'a', operator: '=~', value: '(' }] }, 'matchers[0].value'],
    ['a back reference', { matchers: [{ name: 'a', operator: '=~', value: '(a)\\1' }] }, 'matchers[0].value'],
    ['an operator that is none', { matchers: [{ name: 'a', operator: '>', value: '1' }] }, 'matchers[0].operator'],
    ['a name that is none', { matchers: [{ name: 'a b', operator: '=', value: '1' }] }, 'matchers[0].name'],
    [
      'a value that is too long',
      { matchers: [{ name: 'a', operator: '=', value: 'x'.repeat(513) }] },
      'matchers[0].value',
    ],
    [
      'too many matchers',
      { matchers: Array.from({ length: 17 }, () => ({ name: 'a', operator: '=', value: '1' })) },
      'matchers',
    ],
    ['no comment', { comment: ' ' }, 'comment'],
    ['an end in the past', { ends_at: '2026-01-31T08:00:00Z' }, 'ends_at'],
    ['an end that is too far away', { ends_at: inHours(24 * 367) }, 'ends_at'],
    ['an end before its beginning', { starts_at: inHours(2) }, 'starts_at'],
    ['a time without its zone', { ends_at: '2099-01-31T08:00:00' }, 'ends_at'],
  ])('with %s are refused', async (_what, more, field) => {
    expect(await operator.post('/alerts/silences', silenceOf('Anything', more))).toMatchObject(
      problem(400, 'validation_failed', field),
    );
  });

  it('are a matter for operators and admins, and those that there are not are not found', async () => {
    const parent = as(server, family.parent);
    const { id } = await make(silenceOf(newName()));
    expect(await parent.post('/alerts/silences', silenceOf('A'))).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    expect(await parent.delete(`/alerts/silences/${id}`)).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await operator.delete('/alerts/silences/nonsense')).toMatchObject(problem(400, 'validation_failed', 'id'));
    expect(await operator.delete('/alerts/silences/019a9c1e-0000-7000-8000-0000000000ff')).toMatchObject(
      problem(404, 'alert_silence_not_found'),
    );
  });
});

describe('the silences of a server', () => {
  it('are at hand at a start before the database is asked, and lost to a damaged file alone', async () => {
    const database = await newDatabase();
    const first = await startApp({ database });
    const name = newName();
    const { body } = await as(first, await newFirstAdmin(first)).post<SilenceBody>('/alerts/silences', silenceOf(name));
    await first.close();

    const kept = JSON.parse(
      await readFile(join(first.config.server.dataDir, 'alerting/silences.json'), 'utf8'),
    ) as object;
    expect(kept).toMatchObject([{ id: body.id, matchers: [{ name: 'alertname', operator: '=', value: name }] }]);
    const known: unknown[] = [];
    const second = await startApp({
      database,
      // Before the application has begun its work, which asks the database.
      before: async (app) => {
        const book = app.get(SilenceBook);
        await book.onModuleInit();
        known.push(...book.silences());
      },
    });
    await second.close();
    await database.drop();
    expect(known).toMatchObject([{ id: body.id }]);
  });

  if (onPostgres) {
    it('are known to another process within seconds', async () => {
      const database = await newDatabase();
      const [one, other] = [await startApp({ database }), await startApp({ database })];
      try {
        const operator = as(one, await newFirstAdmin(one));
        const { body } = await operator.post<SilenceBody>('/alerts/silences', silenceOf(newName()));
        const theirs = (): readonly string[] =>
          other.app
            .get(SilenceBook)
            .silences()
            .map(({ id }) => id);
        await until('the other process knows it', () => theirs().includes(body.id));
        await operator.delete(`/alerts/silences/${body.id}`);
        await until('the other process knows that it has ended', () => !theirs().includes(body.id));
      } finally {
        await one.close();
        await other.close();
        await database.drop();
      }
    });
  }
});
