import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';

describe('the page behind an invitation link', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp();
  });
  afterAll(() => server.close());

  it('is open, in the language of the browser, and lets only its own script and style run', async () => {
    for (const [header, language] of [
      ['es-MX,es;q=0.9,en;q=0.8', 'es'],
      ['de,en;q=0.5', 'en'],
      ['', 'en'],
    ] as const) {
      const { text, headers } = await server.http().get('/join').set('accept-language', header).expect(200);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(text).toContain(`<html lang="${language}">`);
      const csp = String(headers['content-security-policy']);
      for (const tag of ['script', 'style']) {
        const inline = new RegExp(`<${tag}>([\\s\\S]*)</${tag}>`).exec(text)?.[1] ?? '';
        expect(csp).toContain(`${tag}-src 'sha256-${createHash('sha256').update(inline).digest('base64')}'`);
      }
    }
  });

  it('repeats nothing of its address', async () => {
    const { text } = await server.http().get('/join?code=%3Cscript%3Ealert(1)%3C/script%3E').expect(200);
    expect(text).not.toContain('alert(1)');
  });
});
