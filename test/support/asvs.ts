import ts from 'typescript';

/** A test as docs/security/ASVS.md names it. */
export interface NamedTest {
  /** Path from the project's folder. */
  readonly file: string;
  /** The title as it is written, with `%s` where a table fills it in. */
  readonly name: string;
}

/** One requirement of OWASP ASVS with what the project says of it. */
export interface AsvsRow {
  readonly id: string;
  readonly level: number;
  readonly asks: string;
  readonly applies: string;
  readonly state: string;
  /** Tests, or a reason. */
  readonly proof: string;
  readonly tests: readonly NamedTest[];
}

/** What is needed of the results that jest writes as JSON. */
export interface TestResults {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

/** The rows of the tables in docs/security/ASVS.md. */
export function readAsvs(markdown: string): AsvsRow[] {
  return markdown
    .split('\n')
    .filter((line) => /^\| *\d/.test(line))
    .map((line) => {
      const [id = '', level, asks = '', applies = '', state = '', proof = ''] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      const tests = [...proof.matchAll(/`([\w./-]+\.spec\.ts)`: "([^"]+)"/g)].map(([, file = '', name = '']) => ({
        file,
        name,
      }));
      return { id, level: Number(level), asks, applies, state, proof, tests };
    });
}

/** The titles of the tests in a file, without running it; those that are switched off do not count. */
export function testNames(code: string): Set<string> {
  const source = ts.createSourceFile('x.spec.ts', code, ts.ScriptTarget.Latest, true);
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const [title] = ts.isCallExpression(node) ? node.arguments : [];
    if (ts.isCallExpression(node) && title && ts.isStringLiteralLike(title)) {
      const callee = node.expression.getText(source);
      if (/^(it|test)\b/.test(callee) && !/^(it|test)\.(skip|todo)\b/.test(callee)) names.add(title.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/**
 * The named tests that did not pass in a run that had their file.
 * @param hasServers whether it ran on PostgreSQL and Redis; without them, tests that need them are not there
 */
export function unproved(rows: readonly AsvsRow[], { testResults }: TestResults, hasServers: boolean): string[] {
  const wrong = rows.flatMap(({ id, tests }) =>
    tests.flatMap(({ file, name }) => {
      const result = testResults.find((ran) => ran.name.endsWith(`/${file}`));
      if (!result) return [];
      const title = new RegExp(
        `^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/%[spdifjo]/g, '.*')}$`,
        's',
      );
      const statuses = result.assertionResults.filter((test) => title.test(test.title)).map(({ status }) => status);
      const isProved =
        statuses.length === 0 ? !hasServers : statuses.includes('passed') && !statuses.includes('failed');
      return isProved ? [] : [`ASVS ${id}: ${file}: "${name}" did not pass`];
    }),
  );
  return [...new Set(wrong)];
}
