/**
 * What the Helm chart lets be set, made from the configuration classes: `npm run docs:config` writes it into
 * helm/family-assistant/values.schema.json, as `settings` and `secrets` of its definitions.
 */
import 'reflect-metadata';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { envFieldsOf, type EnvField } from '../../src/platform/config/env.decorators.js';
import { CONFIG_CLASSES } from '../../src/platform/config/load-config.js';
import { PROJECT_DIR } from '../../src/platform/config/version.js';

type Schema = Readonly<Record<string, unknown>>;

/** The schema of the values of the chart, below the folder of the project. */
export const SCHEMA_FILE = 'helm/family-assistant/values.schema.json';

/** What the chart sets by itself, of values of its own; and what would leave nobody to do the work. */
export const OF_THE_CHART: readonly string[] = [
  'NODE_ENV',
  'HOST',
  'PORT',
  'MANAGEMENT_PORT',
  'DATA_DIR',
  'SHUTDOWN_DELAY',
  'SHUTDOWN_TIMEOUT',
  'DATABASE_MIGRATE',
  'DATABASE_TLS_CA',
  'ALERTS_RULES_FILE',
  'BACKUP_ELSEWHERE',
  'BACKUP_FOLDER',
  'BACKUP_IDENTITY_FILE',
  'BACKUP_SCHEDULE',
  'JOBS_ENABLED',
];

/** Addresses that hold a password, whatever else: they come as secrets alone. */
const WITH_PASSWORD = /DATABASE(_OWNER)?_URL$/;
/** An address in which nobody signs in. One with a password is not repeated by what is said of `not`. */
const WITHOUT_SIGN_IN = { type: 'string', pattern: '^[a-z][a-z0-9+.-]*://', not: { pattern: '@' } };

/** `settings` takes what is no secret, each by its kind and bounds; `secrets` says of the others where they are. */
export function settingsSchema(): { readonly settings: Schema; readonly secrets: Schema } {
  const fields = Object.values(CONFIG_CLASSES)
    .flatMap((Class) => envFieldsOf(Class))
    .filter(({ name }) => !OF_THE_CHART.includes(name));
  const open = fields.filter(({ kind, name }) => kind !== 'secret' && !WITH_PASSWORD.test(name));
  const closed = fields.filter(({ kind }) => kind === 'secret' || kind === 'url');
  return {
    settings: objectOf(open.map((field) => [field.name, schemaOf(field)])),
    secrets: objectOf(closed.map(({ name }) => [name, { $ref: '#/definitions/place' }])),
  };
}

const objectOf = (properties: readonly [string, Schema][]): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(properties),
});

function schemaOf({ kind, choices, range }: EnvField): Schema {
  switch (kind) {
    case 'integer':
      return { type: 'integer', minimum: range?.[0], maximum: range?.[1] };
    case 'boolean':
      return { type: 'boolean' };
    case 'choice':
      return { enum: choices };
    case 'list':
      return { type: 'array', items: { type: 'string', pattern: '^[^,]+$' } };
    case 'url':
      return WITHOUT_SIGN_IN;
    default:
      return { type: 'string', minLength: 1 };
  }
}

/** The text of the schema with what the classes say now. */
export async function renderSchema(): Promise<string> {
  const file = join(PROJECT_DIR, SCHEMA_FILE);
  const schema = JSON.parse(await readFile(file, 'utf8')) as { definitions: Schema };
  const definitions = { ...schema.definitions, ...settingsSchema() };
  return format(JSON.stringify({ ...schema, definitions }), {
    ...(await resolveConfig(file)),
    filepath: file,
  });
}

if (import.meta.filename === process.argv[1]) {
  await writeFile(join(PROJECT_DIR, SCHEMA_FILE), await renderSchema());
  console.log(`wrote ${SCHEMA_FILE}`);
}
