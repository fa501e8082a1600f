import { CONFIG_CLASSES } from './load-config.js';
import { envFieldsOf, type EnvField } from './env.decorators.js';

const TITLES: Record<keyof typeof CONFIG_CLASSES, string> = {
  server: 'Server',
  database: 'Database',
  auth: 'Sign-in',
  providers: 'Sign-in by a provider',
  telegram: 'Sign-in by Telegram',
  mail: 'Mail',
  limits: 'Limits',
  redis: 'Redis',
  embedding: 'Embeddings',
  llm: 'Language model',
  jobs: 'Jobs',
  audit: 'Audit log',
  privacy: 'Privacy',
  backup: 'Backup',
  alerting: 'Alerting',
  alertingWatch: 'Watch over alerting',
  observability: 'Logs, metrics, traces',
  alertingRules: 'Rules of alerts',
};

interface Section {
  readonly title: string;
  readonly fields: readonly (EnvField & { readonly defaultText: string })[];
}

function sections(): Section[] {
  return Object.entries(CONFIG_CLASSES).map(([key, Class]) => {
    const defaults = new Class();
    return {
      title: TITLES[key as keyof typeof CONFIG_CLASSES],
      fields: envFieldsOf(Class).map((field) => ({
        ...field,
        defaultText: textOf(Reflect.get(defaults, field.property)),
      })),
    };
  });
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return Array.isArray(value) ? value.join(',') : JSON.stringify(value).replaceAll('"', '');
}

function allowed(field: EnvField): string {
  if (field.choices) return field.choices.map((choice) => `\`${choice}\``).join(', ');
  const range = field.range ? `${String(field.range[0])} to ${String(field.range[1])}` : field.kind;
  return field.unit ? `${range} ${field.unit}` : range;
}

/** The text of `.env.example`: every variable with its default, commented out. */
export function renderEnvExample(): string {
  const lines = ['# Every setting and its default. Made by `npm run docs:config`; details in docs/CONFIGURATION.md.'];
  for (const { title, fields } of sections()) {
    lines.push('', `# --- ${title} ---`);
    for (const field of fields) {
      lines.push(`# ${field.description}${field.unit ? ` (${field.unit})` : ''}`);
      lines.push(`#${field.name}=${field.defaultText || (field.example ?? '')}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The text of `docs/CONFIGURATION.md`. */
export function renderConfigTable(): string {
  const lines = [
    '# Configuration',
    '',
    'Settings are environment variables. Made from the classes in `src/platform/config` by `npm run docs:config`.',
    'The start names every missing or bad variable at once. `npm run cli -- env check` does the same without starting.',
    'A secret or an address with a password can be given as a file: `JWT_SECRET_KEY_FILE=/run/secrets/jwt`.',
  ];
  for (const { title, fields } of sections()) {
    lines.push('', `## ${title}`, '', '| variable | default | allowed | meaning |', '|---|---|---|---|');
    for (const field of fields) {
      const value = field.defaultText === '' ? '' : `\`${field.defaultText}\``;
      lines.push(`| \`${field.name}\` | ${value} | ${allowed(field)} | ${field.description} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
