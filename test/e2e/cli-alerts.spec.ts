import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { cli } from '../support/cli.js';

describe('the command alerts', () => {
  let folder: string;
  const own = (): string => join(folder, 'own.yaml');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cli-alerts-'));
    writeFileSync(
      own(),
      'groups: [{ name: own, rules: [{ alert: Own, expr: up == 0, labels: { severity: info }, annotations: { summary: x }, inhibited_by: [DatabaseDown] }] }]',
    );
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('checks a file together with the shipped rules', async () => {
    expect(await cli({}, ['alerts', 'check', own()])).toMatchObject({ code: 0, stderr: '' });
    const alone = await cli({ ALERTS_RULES_FILE: own(), ALERTS_RULES_SHIPPED: 'false' }, ['alerts', 'check']);
    expect(alone).toMatchObject({ code: 1, stdout: '' });
    expect(alone.stderr).toContain(`${own()}:1:`);
    expect(alone.stderr).toContain('(rules_unknown_rule)');
    const none = await cli({}, ['alerts', 'check', join(folder, 'none.yaml')]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('(rules_unreadable)')]);
  });

  it.each(['docker/compose/rules/family-assistant.yml', 'helm/family-assistant/files/rules.yaml'])(
    'has compiled the shipped rules into %s; else npm run rules:compile',
    async (file) => {
      const rules = join(folder, 'shipped.yaml');
      expect(await cli({}, ['alerts', 'compile', '--out', rules])).toMatchObject({ code: 0 });
      expect(readFileSync(join(PROJECT_DIR, file), 'utf8')).toBe(readFileSync(rules, 'utf8'));
    },
  );

  it('compiles for Prometheus and Alertmanager', async () => {
    const [rules, inhibitions] = [join(folder, 'out.yaml'), join(folder, 'inhibit.yaml')];
    const args = ['alerts', 'compile', own(), '--out', rules, '--alertmanager', inhibitions];
    expect(await cli({}, args)).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(rules, 'utf8')).toContain('alert: Own');
    expect(readFileSync(inhibitions, 'utf8')).toContain('Own');
    expect(await cli({}, ['alerts', 'compile'])).toMatchObject({ code: 2, stdout: '' });
    const nowhere = await cli({}, ['alerts', 'compile', '--out', join(folder, 'none', 'out.yaml')]);
    expect(nowhere).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('(rules_unwritable)') });
    expect(nowhere.stderr).toMatch(/^\S+:1:1: --out: [^\n]+\n$/);
  });
});
