import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parse, defaultTreeAdapter as tree, type DefaultTreeAdapterTypes as Tree } from 'parse5';
import { HealthRegistry } from '../../src/platform/health/index.js';
import { RequestHistory, StatusRegistry, type StatusSection } from '../../src/platform/status/index.js';
import { newBackup, newBackupPlace, type BackupPlace } from '../support/backup.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase } from '../support/database.js';
import { as, newApiKey, newFamily, newFirstAdmin, newMember, signIn, type SignedIn } from '../support/factories.js';

// A limit for what hangs: a backup starts other programs.
jest.setTimeout(180_000);

const HOSTILE = `</title></style><script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;\u0000\u2028`;

let server: TestApp;
let place: BackupPlace;
let admin: SignedIn;
let operator: SignedIn;

const section = (fields: Partial<StatusSection> & Pick<StatusSection, 'id' | 'read'>): StatusSection => ({
  title: { en: fields.id, es: fields.id },
  permission: 'operations:read',
  ...fields,
});

beforeAll(async () => {
  place = await newBackupPlace();
  server = await startApp({ env: { ...place.env, REGISTRATION: 'open', JOBS_POLL_INTERVAL: '100' } });
  admin = await newFirstAdmin(server);
  operator = (await newFamily(server)).parent;
  await as(server, admin).post('/roles/assign', { user_id: operator.userId, role: 'operator' });
});
afterAll(async () => {
  await server.close();
  await place.drop();
});

const page = async (bearer?: string, language = 'en'): Promise<string> => {
  const request = server.http().get('/status').set('accept-language', language);
  const { text } = await (bearer === undefined ? request : request.set('authorization', bearer)).expect(200);
  return text;
};

describe('who sees what of the status page', () => {
  it('everybody sees whether the server works, and how to see more', async () => {
    const { parent } = await newFamily(server);
    const child = await newMember(server, { ...(await newFamily(server)) }, 'teenager');
    for (const bearer of [undefined, parent.bearer, child.bearer, 'Bearer of-nothing']) {
      const text = await page(bearer);
      expect(textOf(text, 'h1')).toEqual(['Everything works']);
      expect(textOf(text, 'h2')).toEqual([]);
      expect(text).toContain('/api/v1/auth/login');
      expect(text).not.toMatch(/Database|latency|MiB|svg viewBox/);
    }
  });

  it('operators and admins see the parts, however they sign in', async () => {
    const key = await newApiKey(server, admin, ['operations:read', 'backup:read']);
    const { text: byKey } = await server.http().get('/status').set('x-api-key', key.secret).expect(200);
    const login = await server
      .http()
      .post('/api/v1/auth/login')
      .send({ email: admin.email, password: 'violet-harbour-93-teapots', delivery: 'cookie' })
      .expect(200);
    const cookies = (login.headers['set-cookie'] as unknown as string[]).map((cookie) => cookie.split(';')[0]);
    const { text: byCookie } = await server.http().get('/status').set('cookie', cookies.join('; ')).expect(200);
    for (const text of [await page(operator.bearer), await page(admin.bearer), byKey, byCookie]) {
      expect(textOf(text, 'h2')).toEqual(
        expect.arrayContaining([
          'Requests in the last hour',
          'Components',
          'Backups',
          'Connections to the database',
          'Work in the background',
        ]),
      );
      expect(textOf(text, 'dt')).toEqual(expect.arrayContaining(['Database', 'Disk']));
    }
  });

  it('a section needs its own right as well', async () => {
    const key = await newApiKey(server, admin, ['operations:read']);
    const { text } = await server.http().get('/status').set('x-api-key', key.secret).expect(200);
    expect(textOf(text, 'h2')).toContain('Components');
    expect(textOf(text, 'h2')).not.toContain('Backups');
  });

  it('there is nothing of people on it', async () => {
    for (const text of [await page(), await page(admin.bearer)]) {
      for (const word of [admin.email, operator.email, admin.userId, operator.userId, 'Núñez'])
        expect(text).not.toContain(word);
    }
  });
});

describe('what the status page tells', () => {
  it('the last backup, and when one was verified', async () => {
    expect(rowsOf(await page(admin.bearer))).toMatchObject({ State: 'there is none yet' });
    expect(await newBackup(server, admin)).toMatchObject({ verification: 'verified' });
    const text = await page(admin.bearer);
    expect(rowsOf(text)).toMatchObject({
      State: 'made and verified',
      'Last backup': expect.stringMatching(/now|ago/),
      'Last verified by restoring it': expect.stringMatching(/now|ago/),
      'That restore took': expect.stringMatching(/\d (ms|sec|min)/),
    });
  });

  it('the requests of the last hour as charts, with their meaning in words', async () => {
    const history = server.app.get(RequestHistory);
    expect(await page(admin.bearer)).toContain('a minute after the start');
    await history.sample();
    for (let minute = 0; minute < 70; minute += 1) {
      await server.http().get('/api/v1/auth/me').set('authorization', admin.bearer).expect(200);
      if (minute === 69) await server.http().get('/api/v1/no-such-place');
      await history.sample();
    }
    expect(history.minutes()).toHaveLength(60);
    const charts = elementsOf(await page(admin.bearer)).filter(({ tagName }) => tagName === 'svg');
    expect(charts.map((chart) => attribute(chart, 'role'))).toEqual(['img', 'img']);
    expect(charts.map((chart) => attribute(chart, 'aria-label'))).toEqual([
      expect.stringMatching(/^Requests per minute: now [\d,.]+ per minute · highest [\d,.]+ · none failed$/),
      expect.stringMatching(/^Time to answer 95 % of them: now [\d.]+ \w+ · highest [\d.]+ \w+$/),
    ]);
  });

  it('in the language of the browser', async () => {
    const text = await page(operator.bearer, 'es-MX,es;q=0.9,en;q=0.5');
    expect(text).toContain('<html lang="es">');
    expect(textOf(text, 'h2')).toEqual(expect.arrayContaining(['Componentes', 'Copias de seguridad']));
    expect(await page(undefined, 'de,fr')).toContain('<html lang="en">');
  });
});

describe('what could go wrong on the status page', () => {
  let other: TestApp;
  let owner: SignedIn;
  const read = async (): Promise<string> =>
    (await other.http().get('/status').set('authorization', owner.bearer).expect(200)).text;

  beforeAll(async () => {
    const database = await newDatabase();
    other = await startApp({ database });
    owner = await newFirstAdmin(other);
    owner = await signIn(other, owner.email);
  });
  afterAll(async () => {
    await other.close();
    await other.database.drop();
  });

  it('nothing that a module or an indicator says becomes part of the page', async () => {
    const sections = other.app.get(StatusRegistry);
    sections.register(
      section({
        id: 'hostile',
        title: { en: HOSTILE, es: HOSTILE },
        read: () => ({ state: 'warning', rows: [{ label: HOSTILE, value: HOSTILE }], note: HOSTILE }),
      }),
    );
    other.app.get(HealthRegistry).register({
      name: HOSTILE,
      isOptional: true,
      check: () => ({ isUp: true, details: { [HOSTILE]: HOSTILE } }),
    });
    const text = await read();
    const tags = new Set(elementsOf(text).map(({ tagName }) => tagName));
    expect([...tags].filter((tag) => ['script', 'img'].includes(tag))).toEqual([]);
    const shown = HOSTILE.replace('\u0000', '\ufffd').trim();
    expect(textOf(text, 'h2')).toContain(shown);
    expect(textOf(text, 'dt').filter((term) => term === shown)).toHaveLength(2);
    expect(textOf(text, 'dd').filter((value) => value.includes(shown))).toHaveLength(2);
  });

  it('a section that fails or hangs is not known, and the others are there', async () => {
    const sections = other.app.get(StatusRegistry);
    sections.register(section({ id: 'failing', read: () => Promise.reject(new Error('with a secret')) }));
    sections.register(section({ id: 'hanging', read: () => new Promise(() => undefined) }));
    const text = await read();
    expect(text.match(/This could not be found out/g)).toHaveLength(2);
    expect(text).not.toContain('with a secret');
    expect(textOf(text, 'h2')).toContain('Connections to the database');
  });

  it('what is wrong stands first, and the headline says so', async () => {
    other.app.get(StatusRegistry).register(section({ id: 'wrong', read: () => ({ state: 'error', rows: [] }) }));
    const text = await read();
    const [first] = textOf(text, 'h2');
    expect(first).toBe('wrong');
    expect(textOf(text, 'h1')).toEqual(['Works, but needs attention']);
  });

  it('with a needed part down, everybody is told that much, and the page is there', async () => {
    other.app.get(HealthRegistry).register({ name: 'database', check: () => ({ isUp: false }) });
    const { text: open } = await other.http().get('/status').expect(200);
    expect(textOf(open, 'h1')).toEqual(['A needed part is down']);
    expect(textOf(await read(), 'h1')).toEqual(['A needed part is down']);
  });

  it('no two sections have one place, and none a name that is no anchor', () => {
    const sections = other.app.get(StatusRegistry);
    for (const id of ['wrong', 'A b', '"><script>', ''])
      expect(() => {
        sections.register(section({ id, read: () => ({ state: 'ok', rows: [] }) }));
      }).toThrow();
  });

  it('only its own style counts, nothing runs and nothing is fetched', async () => {
    const { text, headers } = await other.http().get('/status').expect(200);
    const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
    );
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(text).not.toMatch(/ style=| on\w+=|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });
});

const elementsOf = (text: string): Tree.Element[] => {
  const walk = (node: Tree.Node): Tree.Element[] => [
    ...(tree.isElementNode(node) ? [node] : []),
    ...('childNodes' in node ? node.childNodes.flatMap(walk) : []),
  ];
  return walk(parse(text));
};

const contentOf = (node: Tree.Node): string =>
  tree.isTextNode(node) ? node.value : 'childNodes' in node ? node.childNodes.map(contentOf).join('') : '';

const attribute = ({ attrs }: Tree.Element, name: string): string | undefined =>
  attrs.find((one) => one.name === name)?.value;

/** The texts of all elements of a kind. */
const textOf = (text: string, tag: string): string[] =>
  elementsOf(text)
    .filter(({ tagName }) => tagName === tag)
    .map((element) => contentOf(element).trim());

/** Every term with what stands beside it. */
const rowsOf = (text: string): Record<string, string> => {
  const terms = textOf(text, 'dt');
  const values = elementsOf(text)
    .filter(({ tagName, attrs }) => tagName === 'dd' && attrs.length === 0)
    .map((element) => contentOf(element).trim());
  return Object.fromEntries(terms.map((term, at) => [term, values[at] ?? '']));
};
