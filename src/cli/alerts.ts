import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  alertingRulesOf,
  compileForAlertmanager,
  compileForPrometheus,
  loadRules,
  RuleFileError,
  rulesOf,
  type RuleSet,
} from '../modules/alerting/rules/index.js';
import { AlertingRulesConfig, environment } from '../platform/config/index.js';
import { print } from './print.js';

interface Choice {
  readonly shipped: boolean;
}

/** `alerts check|compile` */
export function addAlerts(program: Command): void {
  const alerts = program.command('alerts').description('rules of alerts');
  const without = ['--no-shipped', 'without the rules that come with the server'] as const;
  alerts
    .command('check')
    .description('name every mistake in a rule file, with line and column; starts nothing')
    .argument('[file]', 'rule file (default: ALERTS_RULES_FILE)')
    .option(...without)
    .action(async (file: string | undefined, { shipped }: Choice) => {
      const set = await rulesFor(file, shipped);
      const count = `${String(alertingRulesOf(set).length)} alerts, ${String(rulesOf(set).length)} rules in all`;
      print(`the rules are usable: ${count}`);
    });
  alerts
    .command('compile')
    .description('write the rules as a rule file of Prometheus')
    .argument('[file]', 'rule file (default: ALERTS_RULES_FILE)')
    .requiredOption('--out <file>', 'where to write them')
    .option('--alertmanager <file>', "where to write inhibit_rules for an Alertmanager's configuration")
    .option(...without)
    .action(async (file: string | undefined, choice: Choice & { out: string; alertmanager?: string }) => {
      const set = await rulesFor(file, choice.shipped);
      await write('--out', choice.out, compileForPrometheus(set));
      if (choice.alertmanager !== undefined)
        await write('--alertmanager', choice.alertmanager, compileForAlertmanager(set));
      print(`${String(rulesOf(set).length)} rules written to ${choice.out}`);
    });
}

/** @throws RuleFileError `rules_unwritable` */
async function write(field: string, file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    const message = `the file cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
    throw new RuleFileError([{ file, line: 1, column: 1, field, code: 'rules_unwritable', message }]);
  }
}

/** Only the settings of rules are read: whoever compiles rules may have no others. */
function rulesFor(file: string | undefined, shipped: boolean): Promise<RuleSet> {
  const { ALERTS_RULES_FILE, ALERTS_RULES_SHIPPED } = environment();
  const config = new AlertingRulesConfig();
  const rulesFile = file ?? (ALERTS_RULES_FILE === '' ? undefined : ALERTS_RULES_FILE);
  config.shipped = shipped && !/^(false|0|no)$/i.test(ALERTS_RULES_SHIPPED ?? '');
  if (rulesFile !== undefined) config.rulesFile = rulesFile;
  return loadRules(config);
}
