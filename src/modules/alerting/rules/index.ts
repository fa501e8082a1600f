export { compileForAlertmanager, compileForPrometheus } from './compile.js';
export { expand, NO_DATA_ALERT } from './expand.js';
export {
  alertingRulesOf,
  rulesOf,
  type AlertingRule,
  type RecordingRule,
  type Rule,
  type RuleGroup,
  type RuleSet,
} from './rule-file.js';
export { loadRules, readRuleText, SHIPPED_RULES } from './rule-files.js';
export { readRules } from './read-rules.js';
export { RuleFileError, type RuleProblem } from './rules.errors.js';
export { readTemplate } from './template.js';
