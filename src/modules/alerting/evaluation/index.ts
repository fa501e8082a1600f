import type { Provider } from '@nestjs/common';
import { RuleBoard } from '../rule-state.js';
import { CertificateWatch } from './certificate-watch.service.js';
import { Clocks, SystemClocks } from './evaluation-clock.js';
import { EvaluationMetrics } from './evaluation-metrics.js';
import { RuleEvaluation } from './rule-evaluation.service.js';

export { Clocks } from './evaluation-clock.js';
export { RuleEvaluation } from './rule-evaluation.service.js';

/**
 * The evaluation of rules in this process. Whoever takes them into a module provides `AlertIntake` beside them.
 * `RuleEvaluation` says of each rule which others inhibit it (`inhibitorsOf`).
 */
export const EVALUATION_PROVIDERS: Provider[] = [
  EvaluationMetrics,
  RuleEvaluation,
  CertificateWatch,
  { provide: RuleBoard, useExisting: RuleEvaluation },
  { provide: Clocks, useClass: SystemClocks },
];
