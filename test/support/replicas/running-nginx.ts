import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_DIR } from '../../../src/platform/config/index.js';
import { CERTIFICATE } from '../mail/mail-server.js';
import { accepts, freePort, until } from '../process.js';
import { fetchPrograms } from '../programs.js';

const FOLDER = join(PROJECT_DIR, 'docker/nginx');
const KEY = join(PROJECT_DIR, 'test/fixtures/mail/localhost.key.pem');

/** Whether the machine can have nginx; and where it is. */
export type FoundNginx = { readonly missing: string } | { readonly program: string; readonly mimeTypes: string };

/** Looks for nginx, and fetches it the first time. */
export async function findNginx(): Promise<FoundNginx> {
  const fetched = await fetchPrograms('nginx.sh');
  if ('missing' in fetched) return fetched;
  const told = Object.fromEntries(fetched.printed.split('\n').map((line) => line.split('=') as [string, string]));
  return { program: told['NGINX'] ?? '', mimeTypes: told['MIME_TYPES'] ?? '' };
}

/** A real nginx on the configuration of production: only its folders, its ports and the list of servers are a test's. */
export class RunningNginx {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /**
   * @param servers as `host:port`
   * @throws Error when the configuration of production is no longer what this was written for, or nginx does not take it
   */
  static async start(
    { program, mimeTypes }: Extract<FoundNginx, { program: string }>,
    servers: readonly string[],
  ): Promise<RunningNginx> {
    const folder = await mkdtemp(join(tmpdir(), 'family-assistant-nginx-'));
    const [plain, port] = [await freePort(), await freePort()];
    await mkdir(join(folder, 'tls'));
    await writeFile(join(folder, 'tls/fullchain.pem'), CERTIFICATE);
    await writeFile(join(folder, 'tls/privkey.pem'), await readFile(KEY), { mode: 0o600 });
    await writeFile(join(folder, 'upstream.conf'), await upstream(servers));
    await writeFile(join(folder, 'nginx.conf'), await configuration({ folder, mimeTypes, plain, port }));
    // As root it would look for a user that only the image has.
    const user = process.getuid?.() === 0 ? 'user root; ' : '';
    const child = spawn(
      program,
      ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log'), '-g', `${user}daemon off;`],
      { stdio: 'ignore' },
    );
    const nginx = new RunningNginx(child, folder, port);
    await until('nginx listens', async () => {
      if (child.exitCode !== null) throw new Error(`nginx ended: ${await nginx.complaints()}`);
      return accepts(nginx.url);
    });
    return nginx;
  }

  /** With TLS by `CERTIFICATE`. */
  get url(): string {
    return `https://localhost:${String(this.port)}`;
  }

  /** What it has logged as wrong: servers that were away are among it. */
  complaints(): Promise<string> {
    return readFile(join(this.folder, 'error.log'), 'utf8').catch(() => '');
  }

  /** To which server each request went, the last one where there were several. */
  async servedBy(): Promise<readonly string[]> {
    const lines = (await readFile(join(this.folder, 'access.log'), 'utf8')).trim().split('\n');
    return lines.map((line) => (JSON.parse(line) as { upstream: string }).upstream.split(', ').at(-1) ?? '');
  }

  /** Takes another list over, as `scripts/deployment/roll.sh` does it; those that are `down` get no more requests. */
  async turnTo(servers: readonly string[], down: readonly string[] = []): Promise<void> {
    const file = join(this.folder, 'upstream.conf');
    await writeFile(`${file}.new`, await upstream(servers, down));
    await rename(`${file}.new`, file);
    this.child.kill('SIGHUP');
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'close');
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The list of servers, each with the parameters of production. */
async function upstream(servers: readonly string[], down: readonly string[] = []): Promise<string> {
  const [, parameters] = /^server api-a:3000 (.*);$/m.exec(await readFile(join(FOLDER, 'upstream.conf'), 'utf8')) ?? [];
  if (parameters === undefined) throw new Error('docker/nginx/upstream.conf has no server api-a');
  return servers.map((server) => `server ${server} ${down.includes(server) ? 'down' : parameters};\n`).join('');
}

interface Places {
  readonly folder: string;
  readonly mimeTypes: string;
  readonly plain: number;
  readonly port: number;
}

async function configuration({ folder, mimeTypes, plain, port }: Places): Promise<string> {
  const instead: Readonly<Record<string, string>> = {
    'include /etc/nginx/mime.types;': `include ${mimeTypes};`,
    '/etc/nginx/family-assistant/': `${folder}/`,
    '/etc/nginx/tls/': `${folder}/tls/`,
    '/var/www/acme': folder,
    ' /tmp/': ` ${folder}/`,
    '/dev/stderr': `${folder}/error.log`,
    '/dev/stdout': `${folder}/access.log`,
    'listen [::]:8080 default_server;': '',
    'listen [::]:8443 ssl default_server;': '',
    'listen 8080 ': `listen 127.0.0.1:${String(plain)} `,
    'listen 8443 ': `listen 127.0.0.1:${String(port)} `,
  };
  const text = await readFile(join(FOLDER, 'nginx.conf'), 'utf8');
  const missing = Object.keys(instead).find((production) => !text.includes(production));
  if (missing !== undefined) throw new Error(`docker/nginx/nginx.conf has no "${missing}"`);
  // In one walk, so that what is put in is not replaced again.
  const patterns = Object.keys(instead).map((production) => production.replaceAll(/[[\]]/g, String.raw`\$&`));
  return text.replace(new RegExp(patterns.join('|'), 'g'), (production) => instead[production] ?? production);
}
