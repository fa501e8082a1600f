import type { Labels, Severity } from '../alert.js';
import type { Expression } from './promql/ast.js';

export const NO_DATA_CHOICES = ['alert', 'ok'] as const;
/** Whether it is told when what a rule reads is not measured at all. */
export type NoData = (typeof NO_DATA_CHOICES)[number];

/** Saves the value of an expression as a series of its own, so that long windows stay cheap. */
export interface RecordingRule {
  readonly kind: 'record';
  readonly name: string;
  readonly text: string;
  readonly expression: Expression;
  readonly labels: Labels;
}

/** Something that is wrong when its expression has a value. */
export interface AlertingRule {
  readonly kind: 'alert';
  readonly name: string;
  readonly text: string;
  readonly expression: Expression;
  readonly severity: Severity;
  /** Milliseconds for which it must hold before it fires. */
  readonly for: number;
  /** Milliseconds for which it goes on firing after it ceased to hold. */
  readonly keepFiringFor: number;
  /** Templates, with the severity among them. */
  readonly labels: Labels;
  /** Templates: `summary`, `description`, `runbook`, and what else a household writes. */
  readonly annotations: Labels;
  readonly noData: NoData;
  /** Names of rules during whose firing nobody is told of this one. */
  readonly inhibitedBy: readonly string[];
  /** The rule whose missing data this one watches over; such rules are made, not written. */
  readonly watches?: string;
}

export type Rule = RecordingRule | AlertingRule;

export interface RuleGroup {
  readonly name: string;
  /** Milliseconds between two evaluations; none given: that of the evaluator. */
  readonly interval: number | undefined;
  readonly rules: readonly Rule[];
}

/** What the rule files say, checked. */
export interface RuleSet {
  readonly groups: readonly RuleGroup[];
}

export const rulesOf = ({ groups }: RuleSet): Rule[] => groups.flatMap(({ rules }) => rules);
export const alertingRulesOf = (set: RuleSet): AlertingRule[] => rulesOf(set).filter((rule) => rule.kind === 'alert');
