import { describe, expect, it } from '@jest/globals';
import { parsePromql } from '../../rules/promql/parse.js';
import type { AlertingRule } from '../../rules/rule-file.js';
import { AlertMachine } from './alert-machine.js';

const SECOND = 1000;
const rule = (changes: Partial<AlertingRule> = {}): AlertingRule => ({
  kind: 'alert',
  name: 'Deep',
  text: 'depth > 5',
  expression: parsePromql('depth > 5'),
  severity: 'warning',
  for: 0,
  keepFiringFor: 0,
  labels: { severity: 'warning', what: '{{ $labels.queue }}' },
  annotations: { summary: '{{ $value }} in {{ $labels.queue }}' },
  noData: 'ok',
  inhibitedBy: [],
  ...changes,
});
const BAD = [{ labels: { __name__: 'depth', queue: 'mail' }, value: 7 }];

/** What is told at a moment, and marked as told. */
function tell(machine: AlertMachine, at: number): string[] {
  const due = machine.due(at);
  for (const { told } of due) told();
  return due.map(({ alert }) => `${alert.status} ${String(alert.startsAt)} ${alert.annotations.summary}`);
}

describe('the states of an alert', () => {
  it('is pending for as long as it must hold, then fires, and is told once it ends', () => {
    const machine = new AlertMachine(rule({ for: 30 * SECOND }), { instance: 'one' });
    machine.step(BAD, 10_000);
    expect(machine.active.map(({ state }) => state)).toEqual(['pending']);
    expect(tell(machine, 10_000)).toEqual([]);
    machine.step(BAD, 40_000);
    const [{ alert } = { alert: undefined }] = machine.due(40_000);
    expect(alert).toMatchObject({
      rule: 'Deep',
      status: 'firing',
      startsAt: 40_000,
      labels: { alertname: 'Deep', instance: 'one', queue: 'mail', severity: 'warning', what: 'mail' },
    });
    expect(tell(machine, 40_000)).toEqual(['firing 40000 7 in mail']);
    expect(tell(machine, 55_000)).toEqual([]);
    machine.step([], 70_000);
    expect(tell(machine, 70_000)).toEqual(['resolved 40000 7 in mail']);
    expect(machine.all).toEqual([]);
  });

  it('what is pending and ceases was never there', () => {
    const machine = new AlertMachine(rule({ for: 30 * SECOND }), {});
    machine.step(BAD, 0);
    machine.step([], 15_000);
    machine.step(BAD, 30_000);
    machine.step(BAD, 45_000);
    expect(machine.active.map(({ state }) => state)).toEqual(['pending']);
  });

  it('goes on firing for a while', () => {
    const machine = new AlertMachine(rule({ keepFiringFor: 60 * SECOND }), {});
    machine.step(BAD, 0);
    tell(machine, 0);
    machine.step([], 15_000);
    machine.step([], 60_000);
    expect(machine.active.map(({ state }) => state)).toEqual(['firing']);
    machine.step([], 75_000);
    expect(tell(machine, 75_000)).toEqual(['resolved 0 7 in mail']);
  });

  it('is told again with what is new in it, and until somebody takes it', () => {
    const machine = new AlertMachine(rule(), {});
    machine.step(BAD, 0);
    expect(machine.due(0)).toHaveLength(1);
    machine.step([{ ...BAD[0], labels: { queue: 'mail' }, value: 9 }], 15_000);
    expect(tell(machine, 15_000)).toEqual(['firing 0 9 in mail']);
    expect(tell(machine, 74_000)).toEqual([]);
    expect(tell(machine, 75_000)).toEqual(['firing 0 9 in mail']);
  });

  it('an end that nobody took is told although it fires anew', () => {
    const machine = new AlertMachine(rule(), {});
    machine.step(BAD, 0);
    tell(machine, 0);
    machine.step([], 15_000);
    machine.due(15_000);
    machine.step(BAD, 30_000);
    expect(tell(machine, 30_000).sort()).toEqual(['firing 30000 7 in mail', 'resolved 0 7 in mail']);
    expect(machine.all).toHaveLength(1);
  });

  it('waits as long as before when the clock is set, and its beginning stays what was told', () => {
    const machine = new AlertMachine(rule({ for: 30 * SECOND }), {});
    machine.step(BAD, 1_000_000);
    machine.step(BAD, 1_015_000);
    machine.shift(-900_000);
    machine.step(BAD, 129_000);
    expect(machine.active.map(({ state }) => state)).toEqual(['pending']);
    machine.step(BAD, 130_000);
    expect(tell(machine, 130_000)).toEqual(['firing 130000 7 in mail']);
    machine.shift(-100_000);
    machine.step([], 45_000);
    const [{ alert } = { alert: undefined }] = machine.due(45_000);
    expect(alert).toMatchObject({ startsAt: 130_000, endsAt: 130_000 });
  });
});
