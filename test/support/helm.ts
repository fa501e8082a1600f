import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import type { Manifest } from './kubernetes.js';

export const CHART = join(PROJECT_DIR, 'helm', 'family-assistant');
/** Versions of Kubernetes for which the chart is validated. */
export const KUBERNETES = ['1.35.0', '1.36.0', '1.37.0'] as const;

const HELM = process.env['FA_HELM'] ?? '';
const KUBECONFORM = process.env['FA_KUBECONFORM'] ?? '';
const SCHEMAS = process.env['FA_KUBERNETES_SCHEMAS'] ?? '';
/** Whether the tools are there: `scripts/deployment/helm.sh` brings them. */
export const hasTools = HELM !== '' && KUBECONFORM !== '' && SCHEMAS !== '';

/** The sets of values that have to work. */
export const VALUE_SETS: readonly string[] = readdirSync(join(CHART, 'ci')).sort();
/** Those with PostgreSQL. */
export const POSTGRESQL = VALUE_SETS.filter((set) => !set.startsWith('embedded'));

/** A set of values, as an object. */
export const valuesOf = async (set: string): Promise<Readonly<Record<string, unknown>>> =>
  parse(await readFile(join(CHART, 'ci', set), 'utf8')) as Readonly<Record<string, unknown>>;

interface Outcome {
  readonly code: number;
  /** What was printed, and after it what was complained of. */
  readonly text: string;
  readonly output: string;
}

export interface Release {
  readonly name?: string;
  readonly kubernetes?: string;
  /** Further values, in YAML or JSON. */
  readonly more?: string;
  /** Another folder of the chart. */
  readonly chart?: string;
  /** One of its files. */
  readonly only?: string;
}

function run(program: string, args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 2 ** 26 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new Error(`${program}: ${error.message}`));
      else resolve({ code: Number(error?.code ?? 0), text: `${stdout}${stderr}`, output: stdout });
    });
    child.stdin?.on('error', () => undefined); // who has found a fault reads no further
    child.stdin?.end(input);
  });
}

function withValues(set: string | undefined, more: string): string[] {
  const file = set === undefined ? [] : ['--values', join(CHART, 'ci', set)];
  return more === '' ? file : [...file, '--values', '-'];
}

/** `helm lint --strict` with a set of values. */
export const lint = (set: string): Promise<Outcome> => run(HELM, ['lint', '--strict', ...withValues(set, ''), CHART]);

/** `helm template`: what it prints, refusals included. */
export function template(
  set: string | undefined,
  { name = 'home', kubernetes = KUBERNETES[0], more = '', chart = CHART, only }: Release = {},
): Promise<Outcome> {
  const values = withValues(set, more);
  const chosen = only === undefined ? [] : ['--show-only', only];
  return run(
    HELM,
    ['template', name, chart, '--namespace', 'family', '--kube-version', kubernetes, ...values, ...chosen],
    more,
  );
}

/** Works with a copy of the chart that has further files: their texts by their paths. */
export async function withChart<T>(
  files: Readonly<Record<string, string>>,
  work: (chart: string) => Promise<T>,
): Promise<T> {
  const copy = await mkdtemp(join(tmpdir(), 'family-assistant-chart-'));
  try {
    await cp(CHART, copy, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await writeFile(join(copy, path), text);
    }
    return await work(copy);
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** What is said after an installation; helm itself says it to who has a cluster alone, so a copy of the chart says it. */
export async function notes(set: string, more = ''): Promise<string> {
  const said = await readFile(join(CHART, 'templates', 'NOTES.txt'), 'utf8');
  const file = `{{ define "said" }}${said}{{ end }}\nkind: Notes\ntext: {{ include "said" . | toJson }}\n`;
  const { code, text, output } = await withChart({ 'templates/said.yaml': file }, (chart) =>
    template(set, { more, chart, only: 'templates/said.yaml' }),
  );
  if (code !== 0) throw new Error(text);
  return (parse(output) as { text: string }).text;
}

/** The objects of a release. @throws Error with what helm says when it refuses the values */
export async function render(set: string, release: Release = {}): Promise<readonly Manifest[]> {
  const { code, text, output } = await template(set, release);
  if (code !== 0) throw new Error(text);
  return objectsIn(output);
}

/** The objects of a text, as Kubernetes reads it: 0440 is octal. */
export const objectsIn = (text: string): readonly Manifest[] =>
  parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);

/** Where the schema of an object is, to kubeconform. */
const SCHEMA = '{{ .NormalizedKubernetesVersion }}-local{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json';

/** kubeconform, strictly: the complaints about objects, none where all are valid. Those of other makers are not known. */
export async function complaints(text: string, kubernetes: string): Promise<readonly string[]> {
  const args = [
    '-strict',
    ...['-kubernetes-version', kubernetes],
    ...['-skip', 'ServiceMonitor,PrometheusRule'],
    ...['-schema-location', join(SCHEMAS, SCHEMA)],
  ];
  const { code, text: said } = await run(KUBECONFORM, args, text);
  const lines = said.split('\n').filter((line) => line !== '');
  return code === 0 || lines.length > 0 ? lines : [`exit ${String(code)}`];
}
