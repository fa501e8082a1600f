import { describe, expect, it } from '@jest/globals';
import { alertOf, over } from '../support/alerting/delivery.js';
import type { Alert } from '../../src/modules/alerting/alert.js';
import { clip, clipBytes, messageOf } from '../../src/modules/alerting/channels/message.js';

const write = (alerts: readonly Alert[], isRepeat = false): ReturnType<typeof messageOf> =>
  messageOf({ id: 'id', group: 'group', alerts, isRepeat });

describe('a message', () => {
  it.each([
    ['critical', '[CRITICAL]'],
    ['warning', '[Warning]'],
    ['info', '[Info]'],
  ] as const)('of what is %s begins with %s', (severity, word) => {
    expect(write([alertOf('disk_low', { severity })]).title).toBe(`${word} disk_low: 1 firing`);
  });

  it('says what is over, and what goes on', () => {
    const alert = alertOf('disk_low', { severity: 'warning' });
    expect(write([over(alert)]).title).toBe('[Resolved] disk_low: 1 resolved');
    expect(write([over(alert), alertOf('disk_low', { severity: 'warning', labels: { disk: 'b' } })]).title).toBe(
      '[Warning] disk_low: 1 firing, 1 resolved',
    );
    expect(write([alert], true).title).toBe('[Warning] disk_low: 1 firing, still');
  });

  it('writes ten alerts out, counts the others, names each runbook once', () => {
    const alerts = Array.from({ length: 100 }, (_, n) =>
      alertOf('disk_low', {
        labels: { disk: String(n) },
        annotations: { summary: `Disk ${String(n)} is full`, description: 'So full', runbook: 'DiskLow' },
      }),
    );
    const { text, title } = write(alerts);
    expect(title).toContain('100 firing');
    expect(text.match(/is full/g)).toHaveLength(10);
    expect(text).toContain('and 90 more');
    expect(text.match(/Runbook: docs\/RUNBOOKS\.md#disklow/g)).toHaveLength(1);
    expect(text).toContain('firing since 2026-01-15T08:00:00Z\ndisk=0');
  });

  it('leads to a runbook that is elsewhere', () => {
    const runbook = 'https://wiki.example.org/Disk';
    expect(write([alertOf('one', { annotations: { summary: 'x', runbook } })]).text).toContain(`Runbook: ${runbook}`);
    const theirs = { source: 'alertmanager', annotations: { summary: 'x', runbook: 'Ask Ada' } } as const;
    expect(write([alertOf('one', theirs)]).text).toContain('Runbook: Ask Ada');
  });

  it('is plain text: no control characters, nothing that turns the direction, every line bounded', () => {
    const { text, title } = write([
      alertOf('disk\r\nBcc: x', {
        annotations: { summary: `a\u0000\u202eb\nSubject: c ${'x'.repeat(5000)}` },
        startsAt: Number.NaN,
        labels: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`l${String(n)}`, 'v'.repeat(100)])),
      }),
    ]);
    expect(title).not.toMatch(/[\r\n]/);
    expect(text).not.toMatch(/[\0\u202e]/u);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(300);
  });

  it('is cut between characters', () => {
    expect(clip('ab😀cd', 4)).toBe('ab…');
    expect(clip('abcd', 4)).toBe('abcd');
    expect(clipBytes('ñññ', 6)).toBe('ñññ');
    expect(clipBytes('ñññññ', 8)).toBe('ññ…');
    expect(Buffer.byteLength(clipBytes('😀'.repeat(100), 50))).toBeLessThanOrEqual(50);
  });
});
