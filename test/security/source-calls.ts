import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { PROJECT_DIR } from '../../src/platform/config/index.js';

/** One call in the code of the server. */
export interface SourceCall {
  /** Path from `src/`. */
  readonly file: string;
  /** What is called, as it is written: `createHash`, `this.logger.warn`. */
  readonly callee: string;
  readonly args: readonly ts.Expression[];
  readonly text: string;
}

interface SourceFile {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
  readonly calls: readonly SourceCall[];
}

/** Every file of `src` that is no test, with what it imports and calls. */
export function sourceFiles(): readonly SourceFile[] {
  const root = join(PROJECT_DIR, 'src');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(spec|d)\.ts$/.test(file))
    .sort()
    .map((file) => parse(file, readFileSync(join(root, file), 'utf8')));
}

function parse(file: string, text: string): SourceFile {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imports: string[] = [];
  const calls: SourceCall[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
      imports.push(node.moduleSpecifier.text);
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const callee = node.expression.getText(source);
      if (callee === 'import' && node.arguments?.[0] && ts.isStringLiteral(node.arguments[0]))
        imports.push(node.arguments[0].text);
      calls.push({ file, callee, args: node.arguments ?? [], text: node.getText(source) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { file, text, imports, calls };
}
