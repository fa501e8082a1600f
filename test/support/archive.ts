import { strFromU8, unzipSync } from 'fflate';
import type { TestApp } from './create-app.js';
import { as, type SignedIn } from './factories.js';
import { until } from './process.js';

/** A copy of somebody's data as it was fetched. */
export interface Archive {
  readonly names: readonly string[];
  readonly page: (name?: string) => string;
  readonly rows: (section: string) => readonly Readonly<Record<string, unknown>>[];
  /** Everything in it as one text. */
  readonly text: string;
}

/** Asks for a copy, waits until it is there and reads it. */
export async function newArchive(server: TestApp, person: Pick<SignedIn, 'bearer'>): Promise<Archive> {
  const { status, body } = await as(server, person).post<{ id: string }>('/users/me/export');
  if (status !== 202) throw new Error(`an export was answered with ${String(status)}`);
  return fetchArchive(server, person, body.id);
}

/** Waits for a copy and reads it. */
export async function fetchArchive(server: TestApp, person: Pick<SignedIn, 'bearer'>, id: string): Promise<Archive> {
  let bytes: Buffer | undefined;
  await until('the copy', async () => {
    const answer = await server
      .http()
      .get(`/api/v1/users/me/exports/${id}`)
      .set('authorization', person.bearer)
      .buffer(true)
      .parse((response, done) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          done(null, Buffer.concat(chunks));
        });
      });
    if (answer.status === 200) bytes = answer.body as Buffer;
    return answer.status !== 409;
  });
  if (!bytes) throw new Error('the copy could not be fetched');
  const files = unzipSync(bytes);
  const textOf = (name: string): string => strFromU8(files[name] ?? new Uint8Array());
  return {
    names: Object.keys(files),
    page: (name = 'index.html') => textOf(name),
    rows: (section) => JSON.parse(textOf(`data/${section}.json`)) as Readonly<Record<string, unknown>>[],
    text: Object.keys(files).map(textOf).join('\n'),
  };
}
