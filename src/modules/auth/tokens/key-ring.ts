import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { SigningSecrets } from '../../../platform/config/index.js';

export interface SigningKey {
  /** Names the key in the header of the tokens it signs; made of its hash, so it tells nothing of it. */
  readonly id: string;
  readonly key: KeyObject;
}

/** The keys of access tokens: the current one signs, the previous one is still accepted. */
export class KeyRing {
  readonly current: SigningKey;
  private readonly keys: ReadonlyMap<string, KeyObject>;

  constructor(private readonly secrets: SigningSecrets) {
    this.current = toKey(secrets.current);
    const all = [this.current, ...(secrets.previous === undefined ? [] : [toKey(secrets.previous)])];
    this.keys = new Map(all.map(({ id, key }) => [id, key]));
  }

  find(id: string): KeyObject | undefined {
    return this.keys.get(id);
  }

  /** A secret for another purpose, the same on every instance. */
  derive(purpose: string): Buffer {
    return createHmac('sha256', this.secrets.current).update(purpose).digest();
  }
}

// A KeyObject, because jsonwebtoken builds one for every call otherwise: measured at 40 % of the throughput.
function toKey(secret: string): SigningKey {
  const id = createHash('sha256').update(`kid:${secret}`).digest('hex').slice(0, 16);
  return { id, key: createSecretKey(Buffer.from(secret, 'utf8')) };
}
