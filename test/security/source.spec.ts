import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { sourceFiles } from './source-calls.js';

const files = sourceFiles();
const calls = files.flatMap((file) => file.calls);
const filesWith = (test: (file: (typeof files)[number]) => boolean): string[] =>
  files.filter(test).map(({ file }) => file);
const importing = (pattern: RegExp): string[] => filesWith(({ imports }) => imports.some((name) => pattern.test(name)));
const security = readFileSync(join(PROJECT_DIR, 'docs/SECURITY.md'), 'utf8');

/** The paths below `src/` in the first column of the table under a heading of docs/SECURITY.md. */
function listedUnder(heading: string): string[] {
  const section = security.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const cells = section.split('\n').flatMap((line) => (line.startsWith('| ') ? [line.split('|')[1] ?? ''] : []));
  return cells.flatMap((cell) => [...cell.matchAll(/`([\w-]+\/[\w./-]*)`/g)].map(([, path]) => path ?? '')).sort();
}

/** Files that no path of the list begins, and paths of the list that begin none. */
const difference = (found: readonly string[], listed: readonly string[]): object => ({
  missing: found.filter((file) => !listed.some((path) => file.startsWith(path))),
  stale: listed.filter((path) => !found.some((file) => file.startsWith(path))),
});
const NONE = { missing: [], stale: [] };

const CRYPTOGRAPHY = /^(node:crypto|@node-rs\/argon2|bcrypt|jsonwebtoken|jose|openid-client|age-encryption)$/;
const WAYS_OUT =
  /^(ioredis|pg|nodemailer|openid-client|undici|node:tls|node:dgram|@aws-sdk\/.*|@opentelemetry\/exporter.*)$/;

describe('in the code of the server', () => {
  it('no text is run as code, and no program but those of PostgreSQL', () => {
    expect(calls.filter(({ callee }) => /^(eval|Function|globalThis\.eval)$/.test(callee))).toEqual([]);
    expect(importing(/^(node:)?vm$/)).toEqual([]);
    expect(importing(/^(node:)?child_process$/)).toEqual([
      'cli/db-shell.ts',
      'modules/backup/archive/sealing.worker.ts', // `pg_dump`, as pg-tools says
      'modules/backup/postgresql/pg-tools.ts',
    ]);
  });

  it('hashes are SHA-256, encryption is AES-256-GCM, tokens are HS256', () => {
    const first = (name: RegExp): Set<string> =>
      new Set(calls.flatMap(({ callee, args }) => (name.test(callee) ? [args[0]?.getText() ?? ''] : [])));
    expect(first(/^(createHash|createHmac|hkdfSync|hkdf)$/)).toEqual(new Set(["'sha256'"]));
    expect(first(/^create(C|Dec)ipheriv$/)).toEqual(new Set(['CIPHER']));
    expect(filesWith(({ text }) => text.includes("const CIPHER = 'aes-256-gcm'"))).toEqual(
      filesWith(({ text }) => text.includes('createCipheriv(')),
    );
    expect(first(/^(createSign|createVerify|pbkdf2(Sync)?|createCipher|createDecipher|scrypt(Sync)?)$/)).toEqual(
      new Set(),
    );
    const tokens = calls.filter(({ callee }) => /^jwt\.(sign|verify)$/.test(callee));
    expect(tokens).toHaveLength(2);
    for (const { text } of tokens) expect(text).toMatch(/algorithms?: (\['HS256'\]|'HS256')/);
  });

  it('nothing that must not be guessed comes from Math.random', () => {
    // All spread the pauses before a retry.
    expect(filesWith(({ text }) => text.includes('Math.random'))).toEqual([
      'modules/alerting/delivery/backoff.ts',
      'modules/memory/embedding/retry.ts',
      'platform/jobs/queue-worker.ts',
    ]);
  });

  it('every use of cryptography stands in the inventory of docs/SECURITY.md', () => {
    expect(difference(importing(CRYPTOGRAPHY), listedUnder('Cryptography and keys'))).toEqual(NONE);
  });

  it('every way out to another server stands in the list of docs/SECURITY.md', () => {
    const fetching = filesWith((file) =>
      file.calls.some(({ callee }) => /^(fetch|https?\.(request|get)|connect)$/.test(callee)),
    );
    const connecting = files.flatMap(({ file, text, imports }) => {
      const names = imports.filter((name) => WAYS_OUT.test(name));
      // Types alone connect to nothing.
      const isValue = names.some(
        (name) => !new RegExp(`import type [^;]*from '${name.replace('/', '\\/')}'`).test(text),
      );
      return isValue ? [file] : [];
    });
    const found = [...new Set([...fetching, ...connecting])];
    expect(difference(found, listedUnder('Connections'))).toEqual(NONE);
  });

  it('no redirection is followed with texts of people', () => {
    // `models fetch` follows those of the place where a model is published; it sends nothing and checks what it gets.
    const asking = calls.filter(({ callee, file }) => callee === 'fetch' && file !== 'cli/models-transfer.ts');
    expect(asking.length).toBeGreaterThan(0);
    const following = asking.filter(({ text }) => !text.includes("redirect: 'error'")).map(({ file }) => file);
    // To openid-client a redirection is an answer of the provider's own, which it refuses.
    const [toProviders, ...others] = following;
    expect([toProviders, others]).toEqual(['modules/auth/providers/provider-fetch.ts', []]);
    expect(files.find(({ file }) => file === toProviders)?.text).toContain("redirect: 'manual'");
  });

  it('no certificate goes unchecked but where a setting says so', () => {
    // `DATABASE_TLS=require`; and to read when a certificate ends, also of one that has ended: nothing is sent there.
    expect(filesWith(({ text }) => text.includes('rejectUnauthorized: false'))).toEqual([
      'modules/alerting/evaluation/certificates.ts',
      'platform/database/data-source.ts',
    ]);
    expect(filesWith(({ text }) => text.includes('NODE_TLS_REJECT_UNAUTHORIZED'))).toEqual([]);
  });

  it('no message of the log is made of a person’s text', () => {
    const logging = calls.filter(({ callee }) =>
      /\b(logger|log|access)\.(trace|debug|info|log|warn|error|fatal)$/.test(callee),
    );
    expect(logging.length).toBeGreaterThan(5);
    const built = logging.filter(({ args }) =>
      args.some((arg) => ts.isTemplateExpression(arg) || ts.isBinaryExpression(arg)),
    );
    // The set-up token, which is there to be read in the log, and the address that the server listens on.
    expect(built.map(({ file }) => file)).toEqual(['modules/auth/registration.service.ts', 'server.ts']);
  });

  it('only the logger and the commands write to the outside', () => {
    const writing = filesWith(
      ({ file, text }) => !file.startsWith('cli/') && /\bconsole\.|process\.std(out|err)/.test(text),
    );
    // Before there is a logger: what is wrong with the settings.
    expect(writing).toEqual(['server.ts']);
  });
});

describe('in what is delivered', () => {
  it('no secret is in the repository', () => {
    const texts = ['src', 'migrations', 'docs', 'scripts'].flatMap((folder) =>
      readdirSync(join(PROJECT_DIR, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ts|mjs|sh|md|json)$/.test(file) && !file.endsWith('.spec.ts'))
        .map((file) => join(PROJECT_DIR, folder, file)),
    );
    const found = texts.filter((file) =>
      /-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}|\bAKIA[0-9A-Z]{16}\b|\bghp_\w{36}\b/.test(
        readFileSync(file, 'utf8'),
      ),
    );
    expect(found).toEqual([]);
    const example = readFileSync(join(PROJECT_DIR, '.env.example'), 'utf8');
    expect(example.match(/^#?\w+(SECRET|PASSWORD|API_KEY|_TOKEN|SECRET_KEY\w*)=.+$/gm)).toBeNull();
    expect(readFileSync(join(PROJECT_DIR, '.gitignore'), 'utf8').split('\n')).toEqual(
      expect.arrayContaining(['.env', 'data/']),
    );
  });

  it('every package of the lock file has a checksum and no address of its own', () => {
    const { packages } = JSON.parse(readFileSync(join(PROJECT_DIR, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { resolved?: string; integrity?: string; dev?: boolean }>;
    };
    const installed = Object.entries(packages).filter(([path]) => path !== '');
    expect(installed.length).toBeGreaterThan(100);
    expect(
      installed.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([]);
    const elsewhere = installed.filter(
      ([, { resolved = 'https://registry.npmjs.org/' }]) => !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(elsewhere.map(([path]) => path)).toEqual([]);
  });

  it('every dependency is pinned to one version', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(PROJECT_DIR, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, at]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(at),
    );
    expect(loose).toEqual([]);
  });

  it('the build leaves tests out', () => {
    const built = join(PROJECT_DIR, 'dist/src');
    expect(existsSync(built)).toBe(true);
    const files = readdirSync(built, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /\.spec\.|\.fixture\.spec/.test(file))).toEqual([]);
  });
});
