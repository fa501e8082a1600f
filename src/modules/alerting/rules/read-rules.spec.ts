import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { compileForAlertmanager, compileForPrometheus } from './compile.js';
import { readRules } from './read-rules.js';
import { alertingRulesOf } from './rule-file.js';
import { RuleFileError } from './rules.errors.js';

const ALERT = `
groups:
  - name: kitchen
    interval: 1m
    rules:
      - record: home:rate5m
        expr: sum(rate(asked_total{who!="cat"}[5m] offset 1m))
      - alert: Quiet
        expr: home:rate5m == 0
        for: 2h
        keep_firing_for: 90s
        labels: { severity: info, room: kitchen }
        annotations: { summary: 'Nobody asks' }
        no_data: alert
        inhibited_by: [Loud]
      - alert: Loud
        expr: home:rate5m > 5
        labels: { severity: critical }
        annotations: { summary: 'Everybody asks' }
`;
const read = (text: string, ...more: string[]) =>
  readRules([text, ...more].map((each, at) => ({ file: `file${String(at)}.yaml`, text: each })));

/** Every mistake as `line:column field code`. */
function mistakesIn(text: string): string[] {
  try {
    read(text);
    return [];
  } catch (error) {
    if (!(error instanceof RuleFileError)) throw error;
    return error.problems.map(({ line, column, field, code }) => `${String(line)}:${String(column)} ${field} ${code}`);
  }
}

describe('a rule file', () => {
  it('is read', () => {
    const [group] = read(ALERT).groups;
    expect(group).toMatchObject({
      name: 'kitchen',
      interval: 60_000,
      rules: [
        { kind: 'record', name: 'home:rate5m' },
        {
          name: 'Quiet',
          severity: 'info',
          for: 7_200_000,
          keepFiringFor: 90_000,
          noData: 'alert',
          inhibitedBy: ['Loud'],
        },
        { name: 'Loud', severity: 'critical', for: 0, noData: 'ok' },
      ],
    });
  });

  it('tells every mistake at once, with its place', () => {
    const text = `groups:
  - name: x
    interval: 5 minutes
    rules:
      - alert: Bad Name
        expr: rate(up[5m]
        labels: { severity: awful }
        annotatons: { summary: 'x' }
      - alert: Fine
        expr: |
          sum(x) by (y) >
            foo[5m]
        for: tomorrow
        labels: { severity: info, alertname: no }
        annotations: { summary: 'x {{ $foo }}' }
        inhibited_by: [Nobody]
      - record: a-b
        expr: 7
        for: 5m
      - expr: up
`;
    expect(mistakesIn(text)).toEqual([
      '3:15 groups[0].interval rules_duration',
      '5:9 groups[0].rules[0] rules_missing_field',
      '5:16 groups[0].rules[0].alert rules_name',
      '6:26 groups[0].rules[0].expr promql_syntax',
      '7:17 groups[0].rules[0].labels rules_severity',
      '8:9 groups[0].rules[0].annotatons rules_unknown_field',
      '12:17 groups[0].rules[1].expr promql_unsupported',
      '13:14 groups[0].rules[1].for rules_duration',
      '14:35 groups[0].rules[1].labels.alertname rules_name',
      '15:36 groups[0].rules[1].annotations.summary rules_template',
      '16:24 groups[0].rules[1].inhibited_by[0] rules_unknown_rule',
      '17:17 groups[0].rules[2].record rules_name',
      '19:9 groups[0].rules[2].for rules_unknown_field',
      '20:9 groups[0].rules[3] rules_kind',
    ]);
  });

  it.each([
    ['groups: [', 'rules_yaml'],
    ['', 'rules_type'],
    ['groups: {}', 'rules_type'],
    ['rules: []', 'rules_missing_field'],
    ['groups: [1]', 'rules_type'],
    ['groups: [{ name: a, name: b, rules: [] }]', 'rules_yaml'],
    ['groups: [{ name: a, rules: [] }, { name: a, rules: [] }]', 'rules_twice'],
    [`a: &a [1]\ngroups: *a`, 'rules_'],
    [`x: ${'y'.repeat(1_000_001)}`, 'rules_too_large'],
  ])('%.60s is refused', (text, code) => {
    expect(mistakesIn(text).join()).toContain(code);
  });

  it('a second alert of the same name is refused', () => {
    const twice = ALERT.replace('alert: Loud', 'alert: Quiet').replace('[Loud]', '[]');
    expect(mistakesIn(twice)).toEqual(['16:16 groups[0].rules[2].alert rules_twice']);
  });

  it('of a household adds groups, and takes the place of shipped ones', () => {
    const own = `
groups:
  - name: kitchen
    rules:
      - alert: Own
        expr: up == 0
        labels: { severity: info }
        annotations: { summary: x }
`;
    expect(alertingRulesOf(read(ALERT, own)).map(({ name }) => name)).toEqual(['Own']);
    const added = alertingRulesOf(read(ALERT, own.replace('kitchen', 'cellar'))).map(({ name }) => name);
    expect(added).toEqual(['Quiet', 'Loud', 'Own']);
  });
});

describe('what is made of it', () => {
  it('for Prometheus has the missing data as a rule of its own', () => {
    const { groups } = parse(compileForPrometheus(read(ALERT))) as { groups: { rules: object[] }[] };
    expect(groups[0]?.rules[1]).toEqual({
      alert: 'Quiet',
      expr: 'home:rate5m == 0',
      for: '2h',
      keep_firing_for: '1m30s',
      labels: { severity: 'info', room: 'kitchen' },
      annotations: { summary: 'Nobody asks' },
    });
    expect(groups[1]?.rules[0]).toMatchObject({
      alert: 'RuleNoData',
      expr: 'max(absent(home:rate5m))',
      labels: { rule: 'Quiet' },
    });
  });

  it('for Alertmanager has the inhibitions', () => {
    expect(parse(compileForAlertmanager(read(ALERT)))).toEqual({
      inhibit_rules: [{ source_matchers: ['alertname="Loud"'], target_matchers: ['alertname=~"Quiet"'] }],
    });
  });
});
