import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { parse } from 'yaml';
import { FamilyService } from '../../src/modules/family/index.js';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFamily } from '../support/factories.js';
import { until, type LogLine } from '../support/process.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(120_000);

const FOLDER = join(PROJECT_DIR, 'docker/logging');
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

interface Filebeat {
  readonly processors: readonly {
    readonly timestamp?: { readonly field: string };
    readonly rename?: { readonly fields: readonly { readonly from: string; readonly to: string }[] };
  }[];
}
interface Vector {
  readonly sources: Readonly<Record<string, unknown>>;
  readonly transforms: Readonly<Record<string, { readonly inputs: string[]; readonly source: string }>>;
  readonly sinks: Readonly<Record<string, { readonly inputs: string[]; readonly labels?: Record<string, string> }>>;
}

/** Fields that need more than one process to appear. */
const ONLY_WHILE_TRACING = ['trace_id', 'span_id'];
/** In the lines of batches of several jobs alone. */
const ONLY_OF_BATCHES = ['job_ids'];

describe('the configurations that ship logs', () => {
  let server: TestApp;
  const fields = new Set<string>([...ONLY_WHILE_TRACING, ...ONLY_OF_BATCHES]);
  let text = '';

  /** Makes every kind of line: of a request, of its job, of an error of ours and of the database, of what is slow. */
  beforeAll(async () => {
    const logs = { write: (line: string): void => void (text += line) };
    const env = { REGISTRATION: 'open', LOG_SLOW_REQUEST: '1', DATABASE_SLOW_STATEMENT: '1' };
    server = await startApp({ env, logs });
    const { parent } = await newFamily(server);
    const call = (method: 'get' | 'post', path: string) =>
      server.http()[method](`/api/v1${path}`).set('authorization', parent.bearer);
    const begun = await call('post', '/conversations').send({ title: 'x' }).expect(201);
    const turns = `/conversations/${(begun.body as { id: string }).id}/turns`;
    await call('post', turns)
      .send({ turns: [{ role: 'user', content: 'I like tea.' }] })
      .expect(201);
    const families = server.app.get(FamilyService);
    jest.spyOn(families, 'active').mockRejectedValueOnce(new Error('a fault'));
    await call('get', '/family').expect(500);
    jest.spyOn(families, 'active').mockImplementationOnce(() => server.app.get(DataSource).query('SELECT nothing'));
    await call('get', '/family').expect(500);
    const lines = (): LogLine[] =>
      text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as LogLine); // prettier-ignore
    await until('the job has run', () => lines().some(({ msg }) => msg === 'jobs have run'));
    for (const line of lines()) {
      for (const [name, value] of Object.entries(line)) {
        fields.add(name);
        if (name === 'err') for (const inner of Object.keys(value as object)) fields.add(`err.${inner}`);
      }
    }
  });
  afterAll(() => server.close());

  const unknown = (named: readonly string[]): string[] => named.filter((name) => !fields.has(name));

  it('are the ones that docs/OBSERVABILITY.md names', () => {
    const documents = readFileSync(join(PROJECT_DIR, 'docs/OBSERVABILITY.md'), 'utf8');
    const files = readdirSync(FOLDER);
    expect(files.filter((file) => !documents.includes(`docker/logging/${file}`))).toEqual([]);
    expect(existsSync(join(FOLDER, 'filebeat.yml'))).toBe(true);
  });

  it('of Filebeat rename fields that the log has, each to one name', () => {
    const { processors } = parse(read('filebeat.yml')) as Filebeat;
    const renamed = processors.flatMap(({ rename }) => rename?.fields ?? []);
    const named = [
      ...renamed.map(({ from }) => from),
      ...processors.flatMap(({ timestamp }) => timestamp?.field ?? []),
    ];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !name.startsWith('family.'))).toEqual([]);
    expect(unknown(named.map((name) => name.replace(/^family\./, '')))).toEqual([]);
    expect(new Set(renamed.map(({ to }) => to)).size).toBe(renamed.length);
  });

  it.each(['vector-elasticsearch.yaml', 'vector-loki.yaml'])('of Vector (%s) read fields that the log has', (file) => {
    const { sources, transforms, sinks } = parse(read(file)) as Vector;
    const programs = Object.values(transforms).map(({ source }) => source);
    const named = programs.flatMap((source) =>
      Array.from(source.matchAll(/\bline\.([a-z_]+(?:\.[a-z_]+)*)/g), ([, name = '']) => name),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(unknown(named)).toEqual([]);
    // Everything is fed by something that there is.
    const outputs = new Set([...Object.keys(sources), ...Object.keys(transforms)]);
    const inputs = [...Object.values(transforms), ...Object.values(sinks)].flatMap((each) => each.inputs);
    expect(inputs.filter((input) => !outputs.has(input))).toEqual([]);
    // Nothing with many values is a label of Loki's.
    for (const { labels } of Object.values(sinks))
      if (labels) expect(Object.keys(labels)).toEqual(['service', 'level', 'context']);
  });

  it('have an index template for what Filebeat and Vector write', () => {
    const { template } = JSON.parse(read('index-template.json')) as {
      template: { mappings: { properties: Record<string, { properties?: Record<string, unknown> }> } };
    };
    const { processors } = parse(read('filebeat.yml')) as Filebeat;
    const targets = processors.flatMap(({ rename }) => rename?.fields.map(({ to }) => to.split('.')[0] ?? '') ?? []);
    expect(targets.filter((name) => !(name in template.mappings.properties))).toEqual([]);
    expect(unknown(Object.keys(template.mappings.properties['family']?.properties ?? {}))).toEqual([]);
  });
});
