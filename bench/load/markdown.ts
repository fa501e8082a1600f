/** Tables of measured figures in documents. */

/** A table of Markdown, as Prettier writes it. The first row holds the titles. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => [...(row[column] ?? '')].length)));
  const written = rows.map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [written[0], rule, ...written.slice(1)].join('\n');
}

/**
 * A document with other text between the comments `<!-- NAME_BEGIN -->` and `<!-- NAME_END -->`.
 * @throws Error when it has no such place
 */
export function putBetween(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}_BEGIN -->`, `<!-- ${name}_END -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`The document has no place between ${begin} and ${end}.`);
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`;
}
