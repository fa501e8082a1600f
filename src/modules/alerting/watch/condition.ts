import { Injectable } from '@nestjs/common';
import { DeliveryService, type DeliveryStatus } from '../delivery/index.js';
import { ChannelProofs } from './channel-proofs.js';
import { faultsOf, isWell, type AlertingFault } from './condition.policy.js';
import { EvaluationWatch } from './evaluation-watch.js';

/** How alerting itself stands, to those who watch over it. */
@Injectable()
export class AlertingCondition {
  private readonly startedAt = performance.now();

  constructor(
    private readonly delivery: DeliveryService,
    private readonly evaluation: EvaluationWatch,
    private readonly proofs: ChannelProofs,
  ) {}

  /** What is wrong at this moment. */
  look(): { readonly status: DeliveryStatus; readonly faults: readonly AlertingFault[]; readonly isWell: boolean } {
    const status = this.delivery.status();
    const verifiedAge = this.proofs.age(status);
    const { age: evaluationAge, limit: evaluationLimit } = this.evaluation;
    const faults = faultsOf({ status, evaluationAge, evaluationLimit, verifiedAge });
    return { status, faults, isWell: isWell(faults, verifiedAge, (performance.now() - this.startedAt) / 1000) };
  }
}
