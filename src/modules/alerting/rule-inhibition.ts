import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { InhibitionRules } from './delivery/index.js';
import { RuleEvaluation } from './evaluation/index.js';

/** What the rules say of each other, to delivery. Rules tell delivery and are asked by it: so they are found when asked for. */
@Injectable()
export class RuleInhibition extends InhibitionRules {
  private rules: RuleEvaluation | undefined;

  constructor(private readonly modules: ModuleRef) {
    super();
  }

  override inhibitorsOf(rule: string): readonly string[] {
    const rules = (this.rules ??= this.modules.get<RuleEvaluation>(RuleEvaluation));
    return rules.inhibitorsOf(rule);
  }
}
