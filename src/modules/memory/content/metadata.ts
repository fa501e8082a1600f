export interface MetadataLimits {
  /** Of the object as JSON in UTF-8. */
  readonly maxBytes: number;
  /** Objects and arrays within each other, the outermost counted as 1. */
  readonly maxDepth: number;
  /** Keys and array elements, all together. */
  readonly maxKeys: number;
}

const LONGEST_KEY = 64;
/** Keys that change an object's behaviour where code copies them without care. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** What is wrong with a value as metadata (a JSON object), in words for the client; null when nothing is. */
export function metadataProblem(value: unknown, limits: MetadataLimits): string | null {
  if (!isPlainObject(value)) return 'must be an object';
  const problem = new Walk(limits).problemOf(value, 1);
  if (problem !== null) return problem;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > limits.maxBytes ? `must be at most ${limits.maxBytes.toString()} bytes of JSON` : null;
}

/** One pass, ended by the first problem: its depth and its work are bounded by the limits. */
class Walk {
  private keys = 0;

  constructor(private readonly limits: MetadataLimits) {}

  problemOf(value: unknown, depth: number): string | null {
    if (value === null || typeof value === 'boolean') return null;
    if (typeof value === 'number') return Number.isFinite(value) ? null : 'must have finite numbers only';
    if (typeof value === 'string') return isStorable(value) ? null : 'must have no NUL characters and whole ones only';
    if (!Array.isArray(value) && !isPlainObject(value)) return 'must have JSON values only';
    if (depth > this.limits.maxDepth) return `must be nested at most ${this.limits.maxDepth.toString()} deep`;
    for (const [key, inner] of Object.entries(value)) {
      this.keys += 1;
      if (this.keys > this.limits.maxKeys)
        return `must have at most ${this.limits.maxKeys.toString()} keys and elements`;
      const problem = (Array.isArray(value) ? null : keyProblem(key)) ?? this.problemOf(inner, depth + 1);
      if (problem !== null) return problem;
    }
    return null;
  }
}

function keyProblem(key: string): string | null {
  if (key.trim() === '' || key.length > LONGEST_KEY)
    return `must have keys of 1 to ${LONGEST_KEY.toString()} characters`;
  if (FORBIDDEN_KEYS.has(key)) return `must not have the key ${key}`;
  return isStorable(key) && !/\p{Cc}/u.test(key) ? null : 'must have no control characters in keys';
}

/** PostgreSQL's jsonb takes neither NUL nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
