import type { components } from '../contract/client.js';
import type { TestApp } from './create-app.js';
import { nobody, PASSWORD, type Answer, type SignedIn } from './factories.js';
import { until } from './process.js';

export type Erasure = components['schemas']['ErasureResponse'];
export type Receipt = components['schemas']['ReceiptResponse'];

let counter = 0;
/** A word that stands nowhere else, which no stemmer changes. */
export const sentinel = (): string => `sentinel${String(Date.now())}x${String((counter += 1))}`;

/** Asks for the erasure of one's own account. */
export async function erase(
  server: TestApp,
  { bearer }: Pick<SignedIn, 'bearer'>,
  body: object = { password: PASSWORD },
): Promise<Answer<Erasure>> {
  return eraseAt(server, '/users/me', { bearer }, body);
}

/** Asks for the erasure of an account at another address: that of a child, or of anybody. */
export async function eraseAt(
  server: TestApp,
  path: string,
  { bearer }: Pick<SignedIn, 'bearer'>,
  body: object = { password: PASSWORD },
): Promise<Answer<Erasure>> {
  const answer = await server.http().delete(`/api/v1${path}`).set('authorization', bearer).send(body);
  return {
    status: answer.status,
    type: answer.type,
    headers: answer.headers,
    cookies: [],
    body: answer.body as Erasure,
  };
}

/** Waits for the receipt of an erasure that is done. */
export const receiptOf = (server: TestApp, { receipt_code }: Erasure): Promise<Receipt> =>
  until('the erasure', async () => {
    const { body } = await nobody(server).get<Receipt>(`/privacy/receipts/${receipt_code}`);
    return body.state === 'done' ? body : undefined;
  });
