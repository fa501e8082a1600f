import type { Labels, Severity } from './alert.js';

/** `no_data`: what it asks for was never measured; `error`: it could not be evaluated. Both are told as alerts of their own. */
export const RULE_STATES = ['inactive', 'pending', 'firing', 'no_data', 'error'] as const;
export type RuleStateName = (typeof RULE_STATES)[number];

/** What a rule says at this moment. */
export interface RuleState {
  readonly rule: string;
  readonly group: string;
  readonly severity: Severity;
  readonly state: RuleStateName;
  /** Its series that are pending or firing. */
  readonly instances: readonly {
    readonly labels: Labels;
    readonly state: 'pending' | 'firing';
    readonly activeAt: number;
    readonly value: number;
  }[];
  readonly evaluatedAt: number | undefined;
  readonly error?: string;
}

/** The rules as they were evaluated last. */
export abstract class RuleBoard {
  abstract states(): readonly RuleState[];
}
