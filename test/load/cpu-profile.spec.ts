import { describe, expect, it } from '@jest/globals';
import { functionsOf, partsOf, type CpuProfile } from '../../bench/cpu-profile.js';
import { putBetween, table } from '../../bench/load/markdown.js';

/** A node of a profile: what it is called, where it stands, and whom it calls. */
const node = (id: number, functionName: string, url: string, ...children: number[]): CpuProfile['nodes'][number] => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
  children,
});

const PROFILE: CpuProfile = {
  nodes: [
    node(1, '(root)', '', 2, 3, 4, 5, 8, 10),
    node(2, '(idle)', ''),
    node(3, '(garbage collector)', ''),
    node(4, 'processTicks', 'node:internal/process/task_queues'),
    node(5, 'query', '/app/node_modules/pg/lib/client.js', 6),
    node(6, 'write', 'node:net', 7),
    node(7, 'writev', ''),
    node(8, 'send', '/app/node_modules/fastify/lib/reply.js', 9),
    node(9, 'end', 'node:_http_outgoing', 11),
    node(10, 'post', 'node:inspector'),
    node(11, 'toRow', 'file:///app/dist/src/modules/family/dto/member.response.js'),
  ],
  samples: [2, 7, 7, 9, 3, 4, 10, 11],
  timeDeltas: [1000, 25, 25, 20, 10, 10, 5000, 10],
};

describe('a profile', () => {
  it('is divided by parts: a frame counts for the innermost library that it serves', () => {
    expect(partsOf(PROFILE)).toEqual([
      { name: 'PostgreSQL client (pg)', share: 0.5 },
      { name: 'HTTP: reading and writing (Node)', share: 0.2 },
      { name: 'garbage collector', share: 0.1 },
      { name: 'Node: sockets, timers, promises', share: 0.1 },
      { name: 'the module itself', share: 0.1 },
    ]);
  });

  it('names the functions that took most by themselves', () => {
    expect(functionsOf(PROFILE, 2)).toEqual([
      { name: 'writev', share: 0.5 },
      { name: 'end node:_http_outgoing:10', share: 0.2 },
    ]);
  });

  it('names sources of ours, not what they were compiled to', () => {
    expect(functionsOf(PROFILE, 9).map(({ name }) => name)).toContain(
      'toRow src/modules/family/dto/member.response.ts',
    );
  });

  it('of nothing has no parts', () => {
    expect(partsOf({ nodes: [], samples: [], timeDeltas: [] })).toEqual([]);
  });
});

describe('a document with figures', () => {
  it('gets others between its marks, again and again', () => {
    const once = putBetween('before\n\n<!-- X_BEGIN -->\n<!-- X_END -->\n\nafter\n', 'X', 'one');
    expect(once).toBe('before\n\n<!-- X_BEGIN -->\n\none\n\n<!-- X_END -->\n\nafter\n');
    expect(putBetween(once, 'X', 'two')).toBe(once.replace('one', 'two'));
  });

  it('needs marks', () => {
    expect(() => putBetween('nothing', 'X', 'one')).toThrow('no place');
    expect(() => putBetween('<!-- X_END --><!-- X_BEGIN -->', 'X', 'one')).toThrow('no place');
  });

  it('has tables with columns as wide as they need', () => {
    expect(
      table([
        ['µs', 'b'],
        ['1', 'wider'],
      ]),
    ).toBe('| µs  | b     |\n| --- | ----- |\n| 1   | wider |');
  });
});
