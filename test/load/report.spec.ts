import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseFragment, type DefaultTreeAdapterTypes } from 'parse5';
import { format } from 'prettier';
import { addressOf, arrivalOf, bodyOf, chooseAction, content } from '../../bench/load/behaviour.mjs';
import { draw, ticks } from '../../bench/load/chart.js';
import { readSamples } from '../../bench/load/k6-run.js';
import { countedRequests, difference, isSameCount, residentIn } from '../../bench/load/metrics.js';
import { resultOf, toMarkdown, writeReport, type Run } from '../../bench/load/report.js';
import { SCENARIOS } from '../../bench/load/scenarios.js';

const RUN: Run = {
  name: 'users-10',
  load: { users: 10, ramp: 5, seconds: 4 },
  generator: 'npm',
  server: 'own server on PostgreSQL, with Redis',
  command: 'npm run load -- --load users-10',
  began: '2026-01-01T00:00:00.000Z',
  machine: '2 cores',
  samples: [
    { at: 0, step: 'sign_in', status: 200, took: 40 },
    { at: 1000, step: 'search', status: 200, took: 10 },
    { at: 3500, step: 'search', status: 429, took: 2 },
  ],
  memory: [
    { at: 1, mib: 200 },
    { at: 2, mib: 250 },
  ],
  growth: undefined,
  idle: 180,
  cores: 0.5,
  counted: { 'sign_in 200': 1, 'search 200': 1, 'search 429': 1 },
  verdicts: [{ what: 'average', value: '17.3 ms', goal: 'below 100 ms', isMet: true }],
};

describe('the report', () => {
  it('has each figure of the run, in Markdown as this repository writes it', async () => {
    const text = toMarkdown(resultOf(RUN), true);

    expect(text).toContain('| average | 17.3 ms  | below 100 ms | met |');
    expect(text).toContain("- 0.8 requests a second; the server's process kept 0.50 cores busy");
    expect(text).toContain('180 MiB when it was ready, 250 MiB at most');
    expect(text).toMatch(/\| `search` +\| 2 +\| 50\.00 % \| 6\.0 /);
    expect(text).toMatch(/\| all +\| 3 +\| 33\.33 % \| 17\.3 /);
    expect(text).toMatch(/\| `search 429` +\| 1 +\| 1 /);
    expect(await format(text, { parser: 'markdown', printWidth: 120 })).toBe(text);
  });

  it('is written into a folder with its charts and, for programs, as JSON', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'family-assistant-report-'));
    try {
      const result = await writeReport(join(folder, 'new'), RUN);
      const read = (name: string): Promise<string> => readFile(join(folder, 'new', name), 'utf8');
      expect(JSON.parse(await read('result.json'))).toEqual(JSON.parse(JSON.stringify(result)));
      for (const [chart, lines] of [
        ['latency.svg', 3],
        ['requests.svg', 2],
        ['memory.svg', 1],
      ] as const)
        expect((await read(chart)).match(/<path /g)).toHaveLength(lines);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says what is not known of a server that shows no metrics', () => {
    const text = toMarkdown(
      resultOf({ ...RUN, counted: undefined, memory: [], idle: undefined, cores: undefined }),
      false,
    );
    expect(text).toMatch(/\| `search 200` +\| 1 +\| - /);
    expect(text).not.toContain('memory');
    expect(text).not.toContain('NaN');
  });
});

describe('a chart', () => {
  const elements = (svg: string): DefaultTreeAdapterTypes.Element[] => {
    const walk = (node: DefaultTreeAdapterTypes.Node): DefaultTreeAdapterTypes.Element[] =>
      'childNodes' in node ? [...('tagName' in node ? [node] : []), ...node.childNodes.flatMap(walk)] : [];
    return walk(parseFragment(svg));
  };
  const pathsOf = (svg: string): string[] =>
    elements(svg)
      .filter(({ tagName }) => tagName === 'path')
      .map(({ attrs }) => attrs.find(({ name }) => name === 'd')?.value ?? '');

  it('draws each line with its name, its dashes and gaps where there is no number', () => {
    const svg = draw({
      title: 'A < B & "C"',
      x: 'seconds',
      y: 'ms',
      lines: [
        {
          name: 'p50',
          points: [
            [0, 1],
            [1, NaN],
            [2, 3],
            [3, 4],
          ],
        },
        {
          name: 'p95',
          points: [
            [0, 2],
            [3, 5],
          ],
        },
      ],
      bound: { name: 'allowed', at: 10 },
    });
    expect(svg).toContain('<title>A &lt; B &amp; &quot;C&quot;</title>');
    expect(pathsOf(svg)[0]).toMatch(/^M\S+ \S+ M\S+ \S+ L\S+ \S+$/);
    expect(svg).not.toContain('NaN');
    expect(svg).toContain('prefers-color-scheme: dark');
    for (const name of ['p50', 'p95', 'allowed']) expect(svg).toContain(`>${name}</text>`);
    // No line leaves the picture.
    const numbers = pathsOf(svg).flatMap((path) => path.match(/[\d.]+/g)?.map(Number) ?? []);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(760);
  });

  it('says that nothing was measured', () => {
    const svg = draw({ title: 'Nothing', x: 'x', y: 'y', lines: [{ name: 'p50', points: [[0, NaN]] }] });
    expect(svg).toContain('nothing was measured');
    expect(svg).not.toContain('NaN');
  });

  it.each([
    [0.7, 0.2, 0.8],
    [5, 1, 5],
    [199, 50, 200],
    [1200, 500, 1500],
  ])('has round numbers beside it, up to %d', (most, step, end) => {
    const { values, end: last } = ticks(most);
    expect([values[1], last]).toEqual([step, end]);
  });
});

describe('what the server counted', () => {
  const METRICS = `# TYPE family_assistant_requests_total counter
family_assistant_requests_total{method="POST",endpoint="/api/v1/auth/login",status="200"} 7
family_assistant_requests_total{method="POST",endpoint="/api/v1/memories",status="201"} 2
family_assistant_requests_total{method="GET",endpoint="/api/v1/memories",status="200"} 3
family_assistant_requests_total{method="GET",endpoint="/health",status="200"} 9
family_assistant_process_resident_memory_bytes 209715200
`;

  it('is read by step and status; requests of others are left out', () => {
    expect(countedRequests(METRICS)).toEqual({ 'sign_in 200': 7, 'remember 201': 2, 'list_memories 200': 3 });
    expect(residentIn(METRICS)).toBe(200);
    expect(residentIn('')).toBeUndefined();
  });

  it('is what came since, and the same or not', () => {
    const since = difference({ 'sign_in 200': 5 }, countedRequests(METRICS));
    expect(since).toEqual({ 'sign_in 200': 2, 'remember 201': 2, 'list_memories 200': 3 });
    expect(isSameCount({ 'sign_in 200': 2, 'remember 201': 2, 'list_memories 200': 3 }, since)).toBe(true);
    expect(isSameCount({ 'sign_in 200': 2, 'remember 201': 2 }, since)).toBe(false);
    expect(isSameCount({ ...since, 'search 200': 1 }, since)).toBe(false);
  });

  it('may have a request more whose answer did not come', () => {
    const counted = { 'search 200': 5, 'sign_in 200': 1 };
    expect(isSameCount({ 'search 200': 5, 'sign_in 200': 1, 'search 0': 2 }, counted)).toBe(true);
    expect(isSameCount({ 'search 200': 4, 'sign_in 200': 1, 'search 0': 1 }, counted)).toBe(true);
    expect(isSameCount({ 'search 200': 3, 'sign_in 200': 1, 'search 0': 1 }, counted)).toBe(false);
    expect(isSameCount({ 'search 200': 5, 'search 0': 1 }, counted)).toBe(false);
    expect(isSameCount({ 'search 200': 6, 'sign_in 200': 1, 'search 0': 1 }, counted)).toBe(false);
  });
});

describe('what k6 wrote', () => {
  const lines = async function* (...text: string[]): AsyncGenerator<string> {
    for (const line of text) yield await Promise.resolve(line);
  };

  it('is read by its columns, wherever they stand; a request begins before its answer', async () => {
    const samples = await readSamples(
      lines(
        'metric_name,timestamp,metric_value,extra,name,status',
        'http_reqs,1050,1,,sign_in,200',
        'http_req_duration,1050,50,,sign_in,200',
        'http_req_duration,2000,10,,search,0',
        'http_req_duration,3000,10,,other,200',
      ),
    );
    expect(samples).toEqual([
      { at: 0, step: 'sign_in', status: 200, took: 50 },
      { at: 990, step: 'search', status: 0, took: 10 },
    ]);
  });

  it('is refused with other columns', async () => {
    await expect(readSamples(lines('metric_name,timestamp'))).rejects.toThrow('k6 wrote no column metric_value');
  });
});

describe('a user', () => {
  it('does what is asked as often as its weight says', () => {
    const total = Object.values(SCENARIOS.mix).reduce((sum, weight) => sum + weight, 0);
    const chosen = Array.from({ length: total }, (_, at) => chooseAction(SCENARIOS.mix, () => (at + 0.5) / total));
    const counts = Object.fromEntries(
      Object.keys(SCENARIOS.mix).map((name) => [name, chosen.filter((one) => one === name).length]),
    );
    expect(counts).toEqual(SCENARIOS.mix);
    expect(chooseAction(SCENARIOS.mix, () => 1)).toBe('remember');
  });

  it('comes from an address of its own, of the network for benchmarks', () => {
    const addresses = Array.from({ length: 2000 }, (_, user) => addressOf(user));
    expect(new Set(addresses).size).toBe(2000);
    for (const address of addresses) expect(address).toMatch(/^198\.18\.\d\.([1-9]|[1-9]\d|1\d\d|2[0-4]\d|250)$/);
  });

  it('comes over the ramp, or in two waves', () => {
    const ramp = { users: 10, ramp: 5 };
    expect([0, 5, 9].map((user) => arrivalOf(user, ramp))).toEqual([0, 2.5, 4.5]);
    const burst = { users: 200, ramp: 5, first: 10, wait: 20 };
    expect([0, 9, 10, 105].map((user) => arrivalOf(user, burst))).toEqual([0, 0, 20, 22.5]);
  });

  it('says something else each time', () => {
    expect(new Set(Array.from({ length: 200 }, () => content(Math.random))).size).toBeGreaterThan(100);
    const account = { email: 'maria@example.org', password: 'x' };
    expect(bodyOf('sign_in', account, Math.random)).toEqual(account);
    expect(bodyOf('list_members', account, Math.random)).toBeUndefined();
  });
});
