import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFirstAdmin, PASSWORD, type FamilyMember } from '../support/factories.js';

interface Ended {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Runs a script of `scripts/deployment`. */
function run(script: string, args: readonly string[], { env = {}, cwd = PROJECT_DIR } = {}): Promise<Ended> {
  const file = join(PROJECT_DIR, 'scripts/deployment', script);
  const options = { cwd, env: { NO_PROXY: '*', ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, lines: `${stdout}${stderr}`.trim().split('\n') });
    });
  });
}

describe('the smoke test of a deployment', () => {
  let server: TestApp;
  let admin: FamilyMember;

  beforeAll(async () => {
    server = await startApp({ env: { METRICS_TOKEN: 'm'.repeat(32) } });
    admin = await newFirstAdmin(server);
  });
  afterAll(() => server.close());

  it('passes on a server that works, and says what it did not try', async () => {
    const { code, lines } = await run('smoke.mjs', [server.url]);
    expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: '6 passed, 0 failed' });
    expect(lines.at(-2)).toMatch(/^not tried: /);
  });

  it('remembers and erases one thing as an account of its own', async () => {
    const env = { SMOKE_EMAIL: admin.email, SMOKE_PASSWORD: PASSWORD };
    const { code, lines } = await run('smoke.mjs', [server.url], { env });
    expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: '11 passed, 0 failed' });
    const kept = await server.http().get('/api/v1/memories').set('authorization', admin.bearer).expect(200);
    expect((kept.body as { data: unknown[] }).data).toEqual([]);
  });

  it('fails with a wrong password, and prints none', async () => {
    const env = { SMOKE_EMAIL: admin.email, SMOKE_PASSWORD: 'another-copper-lantern' };
    const { code, lines } = await run('smoke.mjs', [server.url], { env });
    expect(code).toBe(1);
    expect(lines.join('\n')).not.toContain('another-copper-lantern');
  });

  it('fails where something else answers, or nothing', async () => {
    const other = createServer((_, response) => response.end('<html>It works!</html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${String((other.address() as AddressInfo).port)}`;
    expect((await run('smoke.mjs', [url])).code).toBe(1);
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
    expect(await run('smoke.mjs', [url])).toMatchObject({ code: 1 });
  });

  it.each([[], ['family.example.org'], ['ftp://family.example.org']])('says how it is called: %j', async (...args) => {
    expect((await run('smoke.mjs', args)).code).toBe(2);
  });
});

describe('the notes of a release', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'release-'));
    writeFileSync(join(folder, 'package.json'), '{"version": "1.2.0"}');
    writeFileSync(
      join(folder, 'CHANGELOG.md'),
      '# Changes\n\n## 1.2.0-rc.1\n\nNot this\n\n## 1.2.0, 2027-02-01\n\nThis\n\n## 1.1.0\n\nOld\n',
    );
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('are those of the version', async () => {
    expect(await run('release-notes.mjs', ['v1.2.0'], { cwd: folder })).toEqual({ code: 0, lines: ['This'] });
  });

  it('are refused for another version, and for one of which nothing is told', async () => {
    for (const args of [[], ['1.2.0'], ['v1.1.0']])
      expect((await run('release-notes.mjs', args, { cwd: folder })).code).toBe(1);
    const silent = mkdtempSync(join(tmpdir(), 'release-'));
    cpSync(join(folder, 'package.json'), join(silent, 'package.json'));
    writeFileSync(join(silent, 'CHANGELOG.md'), '# Changes\n\n## 1.2.0\n\n## 1.1.0\n\nOld\n');
    expect((await run('release-notes.mjs', ['v1.2.0'], { cwd: silent })).code).toBe(1);
    rmSync(silent, { recursive: true });
  });

  it('are there for the version that this is', async () => {
    const { version } = JSON.parse(readFileSync(join(PROJECT_DIR, 'package.json'), 'utf8')) as { version: string };
    expect((await run('release-notes.mjs', [`v${version}`])).code).toBe(0);
  });
});
