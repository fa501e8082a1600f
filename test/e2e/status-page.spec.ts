import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RequestHistory, StatusRegistry } from '../../src/platform/status/index.js';
import { Chromium, type OpenPage } from '../support/chromium.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFirstAdmin, PASSWORD, type SignedIn } from '../support/factories.js';
import { contrasts, headings, tooWide } from '../support/page-checks.js';

// A limit for what hangs: the first run fetches the browser.
jest.setTimeout(300_000);

const found = await Chromium.find();
const [inChromium, title] =
  'missing' in found
    ? [describe.skip, `the status page in Chromium, NOT RUN: ${found.missing}`]
    : [describe, 'the status page in Chromium'];

const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };

inChromium(title, () => {
  let browser: Chromium;
  let server: TestApp;
  let admin: SignedIn;

  beforeAll(async () => {
    if ('missing' in found) throw new Error(found.missing);
    browser = await found.start();
    server = await startApp({
      before: (app) => {
        app
          .getHttpAdapter()
          .getInstance()
          .get('/broken', () => {
            throw new Error('broken on purpose');
          });
      },
    });
    admin = await newFirstAdmin(server);
    server.app.get(StatusRegistry).register({
      id: 'example',
      title: { en: 'A section with long words', es: 'Una sección' },
      permission: 'operations:read',
      read: () => ({
        state: 'error',
        rows: [
          {
            label: 'FamilyAssistantDatabaseConnectionsExhausted',
            value: new Date(Date.now() - 840_000),
            state: 'error',
          },
          { label: 'A path', value: '/var/lib/family-assistant/'.repeat(6), state: 'warning' },
          { label: 'Nothing to say', value: null, state: 'off' },
          { label: 'Not to be had', value: { seconds: 5400 }, state: 'unknown' },
        ],
        note: 'A sentence below the rows.',
      }),
    });
    await fill();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  /** Minutes of more and less traffic, some of it failing. */
  async function fill(): Promise<void> {
    const history = server.app.get(RequestHistory);
    for (let minute = 0; minute < 60; minute += 1) {
      for (let request = 0; request < 1 + ((minute * 7) % 5); request += 1)
        await server.http().get('/api/v1/auth/me').set('authorization', admin.bearer);
      if (minute % 13 === 5) await server.http().get('/broken').expect(500);
      await history.sample();
    }
  }

  /** The page as an operator sees it. */
  async function openAsOperator(options: Parameters<Chromium['open']>[0]): Promise<OpenPage> {
    const opened = await browser.open({ ...options, extraHTTPHeaders: { authorization: admin.bearer } });
    await opened.page.goto(`${server.url}/status`);
    return opened;
  }

  /** For who wants to look: with TEST_SCREENSHOTS the pages are kept there. */
  async function keep({ page }: OpenPage, name: string): Promise<void> {
    const folder = process.env['TEST_SCREENSHOTS'];
    if (folder === undefined) return;
    await mkdir(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }

  for (const [name, viewport] of [
    ['phone', PHONE],
    ['desk', DESK],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const)
      it(`fits a ${name} in ${colorScheme}, can be read, and the browser has nothing to complain of`, async () => {
        const opened = await openAsOperator({ viewport, colorScheme });
        await keep(opened, `${name}-${colorScheme}`);
        expect(await tooWide(opened.page)).toBe(0);
        const measured = await contrasts(opened.page);
        expect(measured.length).toBeGreaterThan(60);
        expect(measured.filter(({ ratio, needed }) => ratio < needed)).toEqual([]);
        expect(opened.complaints).toEqual([]);
        await opened.page.context().close();
      });

  it('has one first heading, and skips no level', async () => {
    const { page } = await openAsOperator({ viewport: DESK });
    const levels = await headings(page);
    expect(levels.filter((level) => level === 1)).toEqual([1]);
    expect(levels.filter((level, at) => level - (levels[at - 1] ?? 0) > 1)).toEqual([]);
    expect(levels.length).toBeGreaterThan(5);
    await page.context().close();
  });

  it('names its sections and charts for who does not see them', async () => {
    const { page } = await openAsOperator({ viewport: DESK });
    for (const section of ['Requests in the last hour', 'Components', 'Backups', 'A section with long words'])
      expect(await page.getByRole('region', { name: section }).count()).toBe(1);
    expect(await page.getByRole('img', { name: /^Requests per minute: now .* failed$/ }).count()).toBe(1);
    expect(await page.getByRole('img', { name: /^Time to answer/ }).count()).toBe(1);
    await page.context().close();
  });

  it('is the same without JavaScript', async () => {
    const opened = await openAsOperator({ viewport: PHONE, javaScriptEnabled: false });
    expect(await opened.page.getByRole('region', { name: 'Components' }).count()).toBe(1);
    expect(opened.complaints).toEqual([]);
    await opened.page.context().close();
  });

  it('speaks Spanish to a Spanish browser', async () => {
    const opened = await openAsOperator({ viewport: PHONE, locale: 'es-ES' });
    await keep(opened, 'phone-spanish');
    expect(await opened.page.getByRole('region', { name: 'Componentes' }).count()).toBe(1);
    expect(await tooWide(opened.page)).toBe(0);
    await opened.page.context().close();
  });

  it('tells who is not signed in how to sign in, and that works as it is told', async () => {
    const opened = await browser.open({ viewport: PHONE });
    const { page } = opened;
    await page.goto(`${server.url}/status`);
    await keep(opened, 'phone-open');
    expect(await page.getByRole('region').count()).toBe(0);
    expect(await page.getByText('"delivery": "cookie"').count()).toBe(1);
    expect(await tooWide(page)).toBe(0);
    expect((await contrasts(page)).filter(({ ratio, needed }) => ratio < needed)).toEqual([]);
    expect(opened.complaints).toEqual([]);

    await page.goto(`${server.url}/docs`);
    const login = JSON.stringify({ email: admin.email, password: PASSWORD, delivery: 'cookie' });
    const status = await page.evaluate<number>(
      `fetch('/api/v1/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(login)} }).then(({ status }) => status)`,
    );
    expect(status).toBe(200);
    await page.goto(`${server.url}/status`);
    expect(await page.getByRole('region', { name: 'Components' }).count()).toBe(1);
    await page.context().close();
  });

  it('would be heard if it broke its own policy', async () => {
    const opened = await openAsOperator({ viewport: PHONE });
    await opened.page.evaluate("document.body.setAttribute('style', 'color: red')");
    expect(opened.complaints).toEqual([expect.stringContaining('Content Security Policy')]);
    await opened.page.context().close();
  });

  it('refreshes itself every minute', async () => {
    const { page } = await openAsOperator({ viewport: PHONE });
    expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('60');
    await page.context().close();
  });
});
