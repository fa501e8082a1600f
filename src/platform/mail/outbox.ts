import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidv7 } from '../ids.js';
import type { MailTransport, OutgoingMail } from './mail-transport.js';

/** Mails that are kept; older ones are removed. */
const KEPT = 500;

/**
 * Mails as files, one JSON document each: for a server without a mail server. Only the owner of the process can read
 * them, as their links open accounts. Names begin with a UUIDv7, so they sort by time.
 */
export class Outbox implements MailTransport {
  constructor(private readonly folder: string) {}

  async send(mail: OutgoingMail): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const id = uuidv7();
    const document = { id, at: new Date().toISOString(), ...mail };
    const path = join(this.folder, `${id}.json`);
    // Renamed, so that nobody reads half a mail.
    await writeFile(`${path}.part`, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
    await rename(`${path}.part`, path);
    await this.removeOld();
  }

  async forget(address: string): Promise<number> {
    const paths = (await this.names()).map((name) => join(this.folder, name));
    let forgotten = 0;
    for (const path of paths) {
      if (!(await isTo(path, address))) continue;
      await rm(path, { force: true });
      forgotten += 1;
    }
    return forgotten;
  }

  close(): void {
    // Nothing is open.
  }

  private async removeOld(): Promise<void> {
    const names = await this.names();
    await Promise.all(names.slice(0, -KEPT).map((name) => rm(join(this.folder, name), { force: true })));
  }

  /** The oldest first; none where no mail was ever sent. */
  private async names(): Promise<string[]> {
    const all = await readdir(this.folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    return all.filter((name) => name.endsWith('.json')).sort();
  }
}

/** Whether a file is a mail to the address, or what is left of one; one that is gone by now is to nobody. */
async function isTo(path: string, address: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    return (JSON.parse(text) as OutgoingMail | null)?.to === address;
  } catch {
    return text.includes(address);
  }
}
