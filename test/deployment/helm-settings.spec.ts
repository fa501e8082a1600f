import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { OF_THE_CHART, SCHEMA_FILE, settingsSchema } from '../../scripts/deployment/settings-schema.js';
import { PROJECT_DIR } from '../../src/platform/config/index.js';

const schema = JSON.parse(readFileSync(join(PROJECT_DIR, SCHEMA_FILE), 'utf8')) as {
  definitions: Record<string, { properties: Record<string, unknown> }>;
};

describe('the settings of the Helm chart', () => {
  it('are those of the configuration classes: `npm run docs:config` makes them', () => {
    const { settings, secrets } = schema.definitions;
    expect({ settings, secrets }).toEqual(settingsSchema());
  });

  it('are all settings but those that the chart sets', () => {
    const documented = readFileSync(join(PROJECT_DIR, '.env.example'), 'utf8').match(/(?<=^#)[A-Z0-9_]+(?==)/gm) ?? [];
    const { settings, secrets } = schema.definitions;
    const known = [...Object.keys({ ...settings?.properties, ...secrets?.properties }), ...OF_THE_CHART];
    expect(known.toSorted()).toEqual([...documented].toSorted());
  });

  it('that hold a secret are never values', () => {
    const open = Object.keys(schema.definitions['settings']?.properties ?? {});
    expect(open.filter((name) => /SECRET(_KEY)?$|SECRET_ACCESS_KEY|TOKEN$|API_KEY$|DATABASE.*URL/.test(name))).toEqual(
      [],
    );
  });
});
