import { isComparison, isSetOperator, type BinaryNode, type Expression, type ValueType } from './ast.js';
import { PromqlError } from './promql.errors.js';
import { SIGNATURES } from './signatures.js';

/**
 * The kind of value an expression has, after all below it is checked.
 * @throws PromqlError `promql_type`, `promql_unsupported`
 */
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
      return 'vector';
    case 'matrix':
      return 'matrix';
    case 'paren':
      return typeOf(expression.inner);
    case 'unary':
      return expect(expression.operand, ['scalar', 'vector'], `${expression.operator} before it`);
    case 'aggregate':
      if (expression.parameter) expect(expression.parameter, ['scalar'], `how many ${expression.operator} takes`);
      expect(expression.operand, ['vector'], expression.operator);
      return 'vector';
    case 'call': {
      const signature = SIGNATURES[expression.name];
      if (!signature)
        throw new PromqlError('promql_unsupported', `${expression.name} is not supported`, expression.span);
      const { args, optional = 0, returns } = signature;
      const given = expression.args.length;
      if (given > args.length || given < args.length - optional) {
        const count =
          optional > 0 ? `${String(args.length - optional)} to ${String(args.length)}` : String(args.length);
        throw new PromqlError('promql_type', `${expression.name} takes ${count} arguments`, expression.span);
      }
      expression.args.forEach((arg, at) => expect(arg, [args[at] ?? 'string'], `${expression.name}()`));
      return returns;
    }
    case 'binary':
      return typeOfBinary(expression);
  }
}

function typeOfBinary(node: BinaryNode): ValueType {
  const { operator, matching } = node;
  const left = expect(node.left, ['scalar', 'vector'], operator);
  const right = expect(node.right, ['scalar', 'vector'], operator);
  const isOfScalars = left === 'scalar' && right === 'scalar';
  const fail = (message: string): never => {
    throw new PromqlError('promql_type', message, node.span);
  };
  if (isSetOperator(operator)) {
    if (left !== 'vector' || right !== 'vector') fail(`${operator} stands between two vectors`);
    if (matching.many) fail(`${operator} has no group_left and group_right`);
  }
  if (node.bool && !isComparison(operator)) fail('bool belongs to comparisons only');
  if (isComparison(operator) && isOfScalars && !node.bool) fail('a comparison of two numbers needs bool');
  const isMatched = matching.on || matching.labels.length > 0 || matching.many !== undefined;
  if (isMatched && (left !== 'vector' || right !== 'vector')) fail('labels are matched between two vectors only');
  const both = matching.on ? matching.include.find((label) => matching.labels.includes(label)) : undefined;
  if (both !== undefined) fail(`${both} stands in both on() and ${matching.many ?? ''}`);
  return isOfScalars ? 'scalar' : 'vector';
}

function expect(expression: Expression, allowed: readonly ValueType[], by: string): ValueType {
  const type = typeOf(expression);
  if (allowed.includes(type)) return type;
  const wanted = allowed.map((each) => NAMES[each]).join(' or ');
  throw new PromqlError('promql_type', `${by} wants ${wanted}, and this is ${NAMES[type]}`, expression.span);
}

const NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'a number',
  vector: 'a vector',
  matrix: 'a range ([5m])',
  string: 'a string',
};
