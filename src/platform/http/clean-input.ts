import type { FieldError } from './domain-error.js';

const MAX_DEPTH = 24;

/**
 * Finds what no handler should ever see in a parsed body, query or path: NUL bytes and lone surrogates (PostgreSQL
 * cannot store them), nesting deeper than 24 levels, and keys that every object inherits (`__proto__`, `toString`):
 * class-validator takes those for declared.
 * @returns at most twenty field errors, with the path of each
 */
export function findUncleanInput(input: unknown, path = ''): FieldError[] {
  const errors: FieldError[] = [];
  walk(input, path, 0, errors);
  return errors;
}

function walk(value: unknown, path: string, depth: number, errors: FieldError[]): void {
  if (errors.length >= 20) return;
  if (typeof value === 'string') {
    const fault = faultOf(value);
    if (fault) errors.push({ field: path || 'body', messages: [fault] });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) {
    errors.push({ field: path || 'body', messages: [`must not be nested deeper than ${String(MAX_DEPTH)} levels`] });
    return;
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      walk(item, `${path}[${String(index)}]`, depth + 1, errors);
    });
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (faultOf(key) || key in Object.prototype || key === 'prototype') {
      errors.push({ field: path || 'body', messages: ['has a key that is not allowed'] });
    } else {
      walk(item, path === '' ? key : `${path}.${key}`, depth + 1, errors);
    }
  }
}

function faultOf(text: string): string | undefined {
  if (text.includes('\u0000')) return 'must not contain NUL';
  return text.isWellFormed() ? undefined : 'must be well-formed Unicode (it has a lone surrogate)';
}
