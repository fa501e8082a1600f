import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestApp } from '../create-app.js';
import { asIdentity } from '../factories.js';
import { until } from '../process.js';

/** A mail in the outbox of a server without a mail server. */
export interface OutboxMail {
  readonly id: string;
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Every mail of the server so far, in the order of sending. */
export async function outboxOf({ config }: TestApp): Promise<OutboxMail[]> {
  const folder = join(config.server.dataDir, 'outbox');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as OutboxMail));
}

/** The mails to an address, once nothing is left to be sent. */
export async function mailsTo(server: TestApp, address: string): Promise<OutboxMail[]> {
  await until('all mails are sent', async () => {
    const rows = await asIdentity<{ n: number }>(server, `SELECT count(*)::int AS n FROM jobs.job WHERE queue = $1`, [
      'auth.mail',
    ]);
    return rows[0]?.n === 0;
  });
  return (await outboxOf(server)).filter(({ to }) => to === address);
}

/** What comes after # in the link of a mail. */
export function tokenIn({ text }: Pick<OutboxMail, 'text'>): string {
  const token = /\/account\/(?:email|password)#([\w-]+)/.exec(text)?.[1];
  if (token === undefined) throw new Error('the mail has no link');
  return token;
}

/** The token of the newest mail to an address whose link opens this page. */
export async function newestToken(server: TestApp, address: string, page: 'email' | 'password'): Promise<string> {
  const mail = (await mailsTo(server, address)).findLast(({ text }) => text.includes(`/account/${page}#`));
  if (!mail) throw new Error(`there is no mail with a link to /account/${page}`);
  return tokenIn(mail);
}
