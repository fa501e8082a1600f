import { Injectable } from '@nestjs/common';
import { DeliveryService } from '../delivery/index.js';
import { faultsOf, isWell, type AlertingFault } from './condition.policy.js';
import { EvaluationWatch } from './evaluation-watch.js';

/** How alerting itself stands, to those who watch over it. */
@Injectable()
export class AlertingCondition {
  private readonly startedAt = performance.now();

  constructor(
    private readonly delivery: DeliveryService,
    private readonly evaluation: EvaluationWatch,
  ) {}

  /** What is wrong at this moment, and whether somebody elsewhere may rely on it. */
  look(): { readonly faults: readonly AlertingFault[]; readonly isWell: boolean } {
    const { age: evaluationAge, limit: evaluationLimit } = this.evaluation;
    const uptime = (performance.now() - this.startedAt) / 1000;
    const condition = { status: this.delivery.status(), evaluationAge, evaluationLimit, uptime };
    const faults = faultsOf(condition);
    return { faults, isWell: isWell(faults, condition) };
  }
}
