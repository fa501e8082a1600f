/**
 * Comments, and everything that is a text in SQL: quoted, quoted with escapes, or between dollars (PostgreSQL, "Lexical
 * Structure"). One that does not end reaches to the end.
 */
const LITERALS =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\b[eE]'(?:[^'\\]|''|\\[\s\S])*(?:'|$)|'(?:[^']|'')*(?:'|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)/g;

/** The statement without the texts in it, on one line, at most `limit` characters. Parameters stay `$1`. */
export function sqlWithoutTexts(statement: string, limit: number): string {
  const masked = statement.replace(LITERALS, (found) => (/^(--|\/\*)/.test(found) ? ' ' : "'?'"));
  const line = masked.replace(/\s+/g, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}
