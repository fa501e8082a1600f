import { SEVERITIES, type Labels, type Severity } from '../alert.js';
import { parseDuration } from './promql/literals.js';
import { parsePromql } from './promql/parse.js';
import { PromqlError } from './promql/promql.errors.js';
import type { Expression } from './promql/ast.js';
import { alertingRulesOf, NO_DATA_CHOICES, type NoData, type Rule, type RuleGroup, type RuleSet } from './rule-file.js';
import { RuleFileError, type RuleProblem } from './rules.errors.js';
import { readTemplate, TemplateError } from './template.js';
import { YamlReader, type Place } from './yaml-reader.js';

const GROUP_FIELDS = ['name', 'interval', 'rules'];
const RECORD_FIELDS = ['record', 'expr', 'labels'];
const ALERT_FIELDS = [
  ...['alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations', 'no_data', 'inhibited_by'],
];
const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_]\w*$/;
/** Names of labels that a rule may not set: Prometheus and the evaluator set them. */
const RESERVED = ['__name__', 'alertname'];
/** Files are written by people; a larger one is something else. */
const LARGEST = 1_000_000;
const LONGEST_WAIT = 31 * 86_400_000;

/** A file as it is read. */
export interface RuleText {
  readonly file: string;
  readonly text: string;
}

/**
 * Reads rule files: Prometheus' own format, with `no_data` and `inhibited_by` beside it. A group of a later file takes the
 * place of one of the same name.
 * @throws RuleFileError with every mistake of all files
 */
export function readRules(files: readonly RuleText[]): RuleSet {
  const readers = files.map(({ file, text }) => new FileReader(file, text));
  const all = readers.map((reader) => reader.groups());
  const groups = new Map(all.flat().map((group) => [group.name, group]));
  const set = { groups: [...groups.values()] };
  // Also of groups whose place another took: a household may leave out what shipped rules are inhibited by.
  const names = new Set(alertingRulesOf({ groups: all.flat() }).map(({ name }) => name));
  for (const reader of readers) reader.checkInhibitions(names);
  checkNames(set, readers);
  const problems = readers.flatMap((reader) => reader.problems);
  if (problems.length > 0) throw new RuleFileError(problems.toSorted(byPlace));
  return set;
}

/** Within a file from its beginning to its end; files as they were given. */
const byPlace = (one: RuleProblem, other: RuleProblem): number =>
  one.file === other.file ? one.line - other.line || one.column - other.column : 0;

/** One name, one rule: states, silences and inhibitions go by it. */
function checkNames(set: RuleSet, readers: readonly FileReader[]): void {
  const seen = new Set<string>();
  for (const { name } of alertingRulesOf(set)) {
    if (seen.has(name)) for (const reader of readers) reader.tellTwice(name);
    seen.add(name);
  }
}

class FileReader {
  private readonly yaml: YamlReader;
  private readonly inhibitions: { readonly rule: string; readonly place: Place }[] = [];
  private readonly alerts = new Map<string, Place[]>();
  private readonly told = new Set<string>();

  constructor(file: string, text: string) {
    this.yaml = new YamlReader(file, text.length > LARGEST ? '' : text);
    if (text.length > LARGEST) this.yaml.fail(this.yaml.root, 'rules_too_large', 'the file is larger than 1 MB');
  }

  get problems() {
    return this.yaml.problems;
  }

  groups(): RuleGroup[] {
    if (this.problems.length > 0) return [];
    const members = this.yaml.mapping(this.yaml.root, ['groups']);
    if (!members) return [];
    const { groups } = members;
    if (!groups) {
      this.yaml.fail(this.yaml.root, 'rules_missing_field', 'groups is missing');
      return [];
    }
    const names = new Set<string>();
    return this.yaml.list(groups).flatMap((place) => {
      const group = this.group(place);
      if (!group) return [];
      if (names.has(group.name)) this.yaml.fail(place, 'rules_twice', `there is a group ${group.name} already`);
      names.add(group.name);
      return [group];
    });
  }

  checkInhibitions(names: ReadonlySet<string>): void {
    for (const { rule, place } of this.inhibitions)
      if (!names.has(rule)) this.yaml.fail(place, 'rules_unknown_rule', `there is no alert ${rule}`);
  }

  tellTwice(name: string): void {
    if (this.told.has(name)) return;
    this.told.add(name);
    const place = this.alerts.get(name)?.at(-1);
    if (place) this.yaml.fail(place, 'rules_twice', `there is another alert ${name}`);
  }

  private group(place: Place): RuleGroup | undefined {
    const members = this.yaml.mapping(place, GROUP_FIELDS);
    if (!members) return undefined;
    const name = this.required(members, 'name', place);
    const interval = members['interval'] && this.duration(members['interval'], 1000);
    const rules = members['rules'] ? this.yaml.list(members['rules']).flatMap((each) => this.rule(each) ?? []) : [];
    if (!members['rules']) this.yaml.fail(place, 'rules_missing_field', 'rules is missing');
    return name === undefined ? undefined : { name, interval, rules };
  }

  private rule(place: Place): Rule | undefined {
    const kinds = this.yaml.anyMapping(place);
    if (!kinds) return undefined;
    if ('record' in kinds === 'alert' in kinds) {
      this.yaml.fail(place, 'rules_kind', 'a rule has either alert or record');
      return undefined;
    }
    return 'record' in kinds ? this.recording(place) : this.alerting(place);
  }

  private recording(place: Place): Rule | undefined {
    const members = this.yaml.mapping(place, RECORD_FIELDS) ?? {};
    const name = this.required(members, 'record', place, METRIC);
    const expression = this.expression(members, place);
    const labels = this.labels(members['labels'], false);
    return name === undefined || !expression ? undefined : { kind: 'record', name, ...expression, labels };
  }

  private alerting(place: Place): Rule | undefined {
    const members = this.yaml.mapping(place, ALERT_FIELDS) ?? {};
    const name = this.required(members, 'alert', place, METRIC);
    if (name !== undefined) this.alerts.set(name, [...(this.alerts.get(name) ?? []), members['alert'] ?? place]);
    const expression = this.expression(members, place);
    const labels = this.labels(members['labels'], true);
    const annotations = this.labels(members['annotations'], true);
    const severity = this.severity(members['labels'], labels, place);
    if (annotations['summary'] === undefined)
      this.yaml.fail(members['annotations'] ?? place, 'rules_missing_field', 'annotations.summary is missing');
    const noData = this.choice(members['no_data'], NO_DATA_CHOICES) ?? 'ok';
    const inhibitedBy = members['inhibited_by'] ? this.names(members['inhibited_by']) : [];
    const wait = (field: string): number => (members[field] ? (this.duration(members[field], 0) ?? 0) : 0);
    const times = { for: wait('for'), keepFiringFor: wait('keep_firing_for') };
    if (name === undefined || !expression || !severity) return undefined;
    const told = { severity, labels, annotations, noData: noData satisfies NoData, inhibitedBy };
    return { kind: 'alert', name, ...expression, ...times, ...told };
  }

  private required(
    members: Readonly<Record<string, Place>>,
    field: string,
    owner: Place,
    pattern?: RegExp,
  ): string | undefined {
    const place = members[field];
    if (!place) {
      this.yaml.fail(owner, 'rules_missing_field', `${field} is missing`);
      return undefined;
    }
    const text = this.yaml.string(place);
    if (text === undefined) return undefined;
    if (text === '' || (pattern && !pattern.test(text))) {
      this.yaml.fail(place, 'rules_name', `must ${pattern ? `match ${pattern.source}` : 'not be empty'}`);
      return undefined;
    }
    return text;
  }

  private expression(
    members: Readonly<Record<string, Place>>,
    owner: Place,
  ): { text: string; expression: Expression } | undefined {
    const text = this.required(members, 'expr', owner);
    const place = members['expr'];
    if (text === undefined || !place) return undefined;
    try {
      return { text: text.trim(), expression: parsePromql(text) };
    } catch (error) {
      if (!(error instanceof PromqlError)) throw error;
      this.yaml.fail(place, error.code, error.message, error.span.from);
      return undefined;
    }
  }

  private labels(place: Place | undefined, isTemplate: boolean): Labels {
    const members = place ? (this.yaml.anyMapping(place) ?? {}) : {};
    const labels: Record<string, string> = {};
    for (const [name, member] of Object.entries(members)) {
      const text = this.yaml.string(member);
      if (!LABEL.test(name) || RESERVED.includes(name))
        this.yaml.fail({ ...member, node: null }, 'rules_name', `${name} is no name that can be given here`);
      if (text === undefined) continue;
      if (isTemplate) this.template(member, text);
      labels[name] = text;
    }
    return labels;
  }

  private template(place: Place, text: string): void {
    try {
      readTemplate(text);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      this.yaml.fail(place, 'rules_template', error.message, error.at);
    }
  }

  private severity(place: Place | undefined, labels: Labels, owner: Place): Severity | undefined {
    const severity = SEVERITIES.find((each) => each === labels['severity']);
    if (!severity)
      this.yaml.fail(place ?? owner, 'rules_severity', `labels.severity must be one of ${SEVERITIES.join(', ')}`);
    return severity;
  }

  private duration(place: Place, least: number): number | undefined {
    const text = this.yaml.string(place);
    if (text === undefined) return undefined;
    const milliseconds = parseDuration(text.replace(/^0s$/, '0'));
    if (milliseconds !== undefined && milliseconds >= least && milliseconds <= LONGEST_WAIT) return milliseconds;
    this.yaml.fail(place, 'rules_duration', 'must be a duration as 30s, 5m or 1h30m, of 31 days at most');
    return undefined;
  }

  private choice<T extends string>(place: Place | undefined, choices: readonly T[]): T | undefined {
    if (!place) return undefined;
    const text = this.yaml.string(place);
    const choice = choices.find((each) => each === text);
    if (text !== undefined && !choice) this.yaml.fail(place, 'rules_choice', `must be one of ${choices.join(', ')}`);
    return choice;
  }

  private names(place: Place): string[] {
    return this.yaml.list(place).flatMap((each) => {
      const rule = this.yaml.string(each);
      if (rule === undefined) return [];
      this.inhibitions.push({ rule, place: each });
      return [rule];
    });
  }
}
