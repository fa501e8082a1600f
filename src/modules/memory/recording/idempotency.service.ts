import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/index.js';
import { fieldError } from '../../../platform/http/index.js';
import type { Insider } from '../household/household.service.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { MemoryError } from '../memory.errors.js';

/** Makes repeated requests harmless (`Idempotency-Key`, draft-ietf-httpapi-idempotency-key-header-07). */
@Injectable()
export class IdempotencyService {
  constructor(private readonly keys: IdempotencyRepository) {}

  /**
   * Does the work once per member and key, and gives its result every time. Without a key it simply does it.
   * @param request whatever tells one request from another
   * @throws MemoryError `idempotency_key_reused` for another request under the same key
   */
  async once<Result>(
    tx: Transaction,
    { viewer: { memberId, familyId } }: Insider,
    key: string | undefined,
    request: unknown,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (key === undefined) return work();
    if (!/^[\x21-\x7e]{1,255}$/.test(key))
      throw fieldError('Idempotency-Key', 'Idempotency-Key must be 1 to 255 visible ASCII characters');
    const requestHash = createHash('sha256').update(JSON.stringify(request)).digest('hex');
    const known = await this.keys.find<Result>(tx, memberId, key);
    if (known) {
      if (known.requestHash !== requestHash) throw new MemoryError('idempotency_key_reused');
      return known.result;
    }
    const result = await work();
    await this.keys.save(tx, { memberId, familyId, key }, { requestHash, result });
    return result;
  }
}
