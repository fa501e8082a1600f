import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { managerOf, type Transaction } from '../../../platform/database/index.js';
import { SignInFlow } from './sign-in-flow.entity.js';

/** Every query on sign-ins under way. */
@Injectable()
export class SignInFlowsRepository {
  async insert(tx: Transaction, flow: SignInFlow): Promise<void> {
    await managerOf(tx).insert(SignInFlow, flow);
  }

  /** Takes a flow out, whether it has expired or not: of parallel callers one gets it. */
  async take(tx: Transaction, secretHash: Buffer): Promise<SignInFlow | null> {
    const flow = await managerOf(tx).findOne(SignInFlow, {
      where: { secretHash },
      lock: { mode: 'pessimistic_write' },
    });
    if (flow) await managerOf(tx).delete(SignInFlow, { secretHash });
    return flow;
  }

  async deleteExpired(tx: Transaction, now: Date): Promise<void> {
    await managerOf(tx).delete(SignInFlow, { expiresAt: LessThan(now) });
  }
}
