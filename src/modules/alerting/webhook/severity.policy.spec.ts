import { describe, expect, it } from '@jest/globals';
import { severityOf } from './severity.policy.js';

describe('the severity of an alert from outside', () => {
  it.each([
    ['critical', 'critical'],
    ['Page', 'critical'],
    ['warning', 'warning'],
    ['info', 'info'],
    ['none', 'info'],
    ['ticket', 'warning'],
    ['constructor', 'warning'],
    [undefined, 'warning'],
  ])('%s is %s', (word, severity) => {
    expect(severityOf(word)).toBe(severity);
  });
});
