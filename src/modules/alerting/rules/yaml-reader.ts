import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { RuleProblem } from './rules.errors.js';

/** What a value must be, in words. */
type Kind = 'a text' | 'a list' | 'a mapping';

/** Aliases could make a small file a huge one; rules have no use for them. */
const OPTIONS = { maxAliasCount: 0, uniqueKeys: true, merge: false };

/** A place in a YAML file: a value, and how it is called. */
export interface Place {
  readonly node: Node | null;
  readonly field: string;
  /** What is told of where there is no value: the key, or what it should stand in. */
  readonly near: Node | null;
}

/** Reads a YAML file piece by piece and collects what is wrong with it, each with its place. */
export class YamlReader {
  readonly problems: RuleProblem[] = [];
  readonly root: Place;
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;

  constructor(
    private readonly file: string,
    private readonly text: string,
  ) {
    this.document = parseDocument(text, { ...OPTIONS, lineCounter: this.lines });
    this.root = { node: this.document.contents, field: '', near: this.document.contents };
    for (const { pos, message, code } of this.document.errors)
      this.tell(pos[0], '', 'rules_yaml', `${message.split('\n')[0] ?? ''} (${code.toLowerCase()})`);
  }

  /** Adds a mistake. @param offset in characters, within the value of the place */
  fail({ node, field, near }: Place, code: string, message: string, offset = 0): void {
    const start = (node ?? near)?.range?.[0] ?? 0;
    this.tell(node && offset > 0 ? this.within(node, start, offset) : start, field, code, message);
  }

  /** The members of a mapping; others than the allowed ones are mistakes. */
  mapping(place: Place, allowed: readonly string[]): Readonly<Record<string, Place>> | undefined {
    const all = this.anyMapping(place);
    if (!all) return undefined;
    for (const [key, member] of Object.entries(all))
      if (!allowed.includes(key))
        this.fail(
          { ...member, node: null },
          'rules_unknown_field',
          `is not known here; there are ${allowed.join(', ')}`,
        );
    return all;
  }

  anyMapping(place: Place): Readonly<Record<string, Place>> | undefined {
    const { node, field } = place;
    if (!isMap(node)) {
      this.wrong(place, 'a mapping');
      return;
    }
    const members: [string, Place][] = [];
    for (const { key, value } of node.items) {
      const keyNode = key as Node;
      if (!isScalar(keyNode) || typeof keyNode.value !== 'string') {
        this.fail({ node: keyNode, field, near: node }, 'rules_type', 'the key must be a text');
        continue;
      }
      const name = keyNode.value;
      members.push([name, { node: value as Node | null, field: field ? `${field}.${name}` : name, near: keyNode }]);
    }
    return Object.fromEntries(members);
  }

  list(place: Place): Place[] {
    const { node, field } = place;
    if (!isSeq(node)) {
      this.wrong(place, 'a list');
      return [];
    }
    return node.items.map((item, at) => ({ node: item as Node | null, field: `${field}[${String(at)}]`, near: node }));
  }

  /** A text; a number counts as the text it is written as. */
  string(place: Place): string | undefined {
    const { node } = place;
    const value: unknown = isScalar(node) ? node.value : undefined;
    if (typeof value === 'string') return value;
    if (isScalar(node) && (typeof value === 'number' || typeof value === 'boolean'))
      return node.source ?? String(value);
    this.fail(place, 'rules_type', 'must be a text');
    return undefined;
  }

  private wrong(place: Place, wanted: Kind): undefined {
    this.fail(place, 'rules_type', `must be ${wanted}`);
    return undefined;
  }

  private tell(offset: number, field: string, code: string, message: string): void {
    const { line, col } = this.lines.linePos(Math.min(offset, this.text.length));
    this.problems.push({ file: this.file, line, column: col, field, code, message });
  }

  /** Where the n-th character of a value stands: exact for what is written plainly, else as near as can be told. */
  private within(node: Node, start: number, offset: number): number {
    if (!isScalar(node)) return start;
    const [, end = start] = node.range ?? [];
    const source = this.text.slice(start, end);
    if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') return start + inBlock(source, offset);
    return Math.min(start + offset + (node.type === 'PLAIN' ? 0 : 1), end);
  }
}

/** A block begins on the line after its sign, and each line is indented. */
function inBlock(source: string, offset: number): number {
  const head = source.indexOf('\n') + 1;
  const lines = source.slice(head).split('\n');
  const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  let [left, at] = [offset, head];
  for (const line of lines) {
    const length = Math.max(line.length - indent, 0);
    if (left <= length) return at + Math.min(indent, line.length) + left;
    left -= length + 1;
    at += line.length + 1;
  }
  return head;
}
