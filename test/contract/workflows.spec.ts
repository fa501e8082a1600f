import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { PROJECT_DIR } from '../../src/platform/config/index.js';

interface Job {
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  /** A workflow that is called, in place of steps. */
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly steps?: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Record<string, unknown>;
  }[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(PROJECT_DIR, '.github/workflows');
const workflows = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
const makefile = readFileSync(join(PROJECT_DIR, 'Makefile'), 'utf8');

describe.each(workflows)('$name', ({ text }) => {
  const { on, permissions, jobs } = parse(text) as Workflow;
  const steps = Object.values(jobs).flatMap(({ steps: all = [] }) => all);
  const commands = steps.map(({ run = '' }) => run).join('\n');

  it('may read and no more, unless a job says what else; each job ends some time', () => {
    expect(permissions).toEqual({ contents: 'read' });
    // It would run what strangers send with the rights of the repository.
    expect(on).not.toHaveProperty('pull_request_target');
    for (const job of Object.values(jobs))
      if (job.uses === undefined) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
  });

  it('takes actions of others at one commit, and leaves no token behind', () => {
    const used = steps.filter(({ uses }) => uses !== undefined);
    expect(used.length).toBeGreaterThan(0);
    for (const { uses = '', with: settings } of used) {
      expect(uses).toMatch(/@[0-9a-f]{40}$/);
      if (uses.startsWith('actions/checkout@')) expect(settings).toHaveProperty('persist-credentials', false);
    }
  });

  it('puts nothing that others can choose into a shell', () => {
    expect(commands).not.toMatch(/\$\{\{\s*(github|inputs|secrets|vars)\./);
  });

  it('calls targets and scripts that there are', () => {
    const matrix = Object.values(jobs).flatMap(({ strategy }) => Object.values(strategy?.matrix ?? {}).flat());
    const targets = [
      ...Array.from(commands.matchAll(/^make ([a-z][\w-]*)/gm), ([, target = '']) => target),
      ...matrix.filter((value) => typeof value === 'string'),
    ];
    expect(targets.filter((target) => !new RegExp(`^${target}:`, 'm').test(makefile))).toEqual([]);
    const scripts = commands.match(/\bscripts\/[\w./-]+\w/g) ?? [];
    expect(scripts.filter((path) => !existsSync(join(PROJECT_DIR, path)))).toEqual([]);
  });
});

it('CI tries every version of Node that installs the project, and of PostgreSQL that it knows', () => {
  const { jobs } = parse(workflows.find(({ name }) => name === 'ci.yml')?.text ?? '') as Workflow;
  const matrixOf = (name: string): unknown => jobs[name]?.strategy?.matrix;
  expect(matrixOf('embedded')).toEqual({ node: [22, 24] });
  expect(matrixOf('versions')).toEqual({ postgresql: [15, 16, 17, 18] });
});

it('a release is built when all of CI has passed', () => {
  const { jobs } = parse(workflows.find(({ name }) => name === 'release.yml')?.text ?? '') as Workflow;
  expect(jobs['ci']?.uses).toBe('./.github/workflows/ci.yml');
  expect(jobs['image']?.needs).toBe('ci');
  expect(jobs['staging']?.needs).toBe('image');
});
