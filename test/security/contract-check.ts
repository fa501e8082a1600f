import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** An answer of the server, however it was asked for. */
export interface CheckedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | string[] | undefined>>;
  readonly text: string;
}

interface Documented {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema?: object }>> }>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema?: object }>> };
}

const PROBLEM = 'application/problem+json';

/** Holds answers against the OpenAPI document. Stricter than JSON Schema: a field that is not documented is a fault. */
export class Contract {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  private readonly operations = new Map<string, Documented>();
  private readonly parts: ReadonlySet<string>;
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(document: OpenAPIObject) {
    addFormats.default(this.ajv);
    this.parts = new Set(['allOf', ...partsIn(document)]);
    this.ajv.addSchema(closed(document, this.parts) as object, 'api');
    for (const item of Object.values(document.paths))
      for (const operation of Object.values(item) as (Documented & { operationId?: string })[])
        if (operation.operationId !== undefined) this.operations.set(operation.operationId, operation);
  }

  /** What is wrong with an answer; undefined when it is as documented. */
  faultOf(operationId: string, { status, headers, text }: CheckedAnswer): string | undefined {
    if (status >= 500 && status !== 503) return 'a fault of ours';
    const response = this.operations.get(operationId)?.responses[String(status)];
    if (!response) return `the status ${String(status)} is not documented`;
    const media = [headers['content-type'] ?? ''].join().split(';')[0] ?? '';
    if (!response.content) return text === '' ? undefined : 'a body where none is documented';
    const documented = response.content[media];
    if (!documented) return `the media type ${media} is not documented for ${String(status)}`;
    if (!media.endsWith('json')) return undefined;
    const body = parse(text);
    if (body === undefined) return 'no JSON';
    const validate = this.validator(`${operationId} ${String(status)} ${media}`, documented.schema ?? {});
    if (!validate(body)) return `against the schema: ${this.ajv.errorsText(validate.errors?.slice(0, 3))}`;
    if (media !== PROBLEM) return status < 400 ? undefined : 'an error that is no problem+json';
    const { status: inside, request_id: id } = body as { status?: number; request_id?: string };
    if (inside !== status) return 'another status in the body';
    return id === headers['x-request-id'] ? undefined : 'another request id in the body';
  }

  /** What the document does not allow of a request's body. */
  excessOf(operationId: string, body: unknown): string | undefined {
    const [media] = Object.values(this.operations.get(operationId)?.requestBody?.content ?? {});
    if (media?.schema === undefined) return undefined;
    const validate = this.validator(`${operationId} request`, media.schema);
    return validate(body) ? undefined : this.ajv.errorsText(validate.errors?.slice(0, 3));
  }

  private validator(key: string, schema: object): ValidateFunction {
    let validator = this.validators.get(key);
    if (!validator) {
      validator = this.ajv.compile(closed(schema, this.parts) as object);
      this.validators.set(key, validator);
    }
    return validator;
  }
}

/**
 * The same with objects that take no other fields than theirs, and references that lead into the document.
 * @param parts schemas that others are put together of, and so stay open
 */
function closed(node: unknown, parts: ReadonlySet<string>, name = ''): unknown {
  if (Array.isArray(node)) return node.map((one) => closed(one, parts, name));
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' ? `api${value}` : closed(value, parts, key),
    ]),
  );
  const { type, properties, additionalProperties } = copy;
  const isWhole = type === 'object' && typeof properties === 'object' && additionalProperties === undefined;
  return isWhole && !parts.has(name) ? { ...copy, unevaluatedProperties: false } : copy;
}

/** The names of the schemas that stand in an `allOf`. */
function partsIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { allOf = [] } = node as { allOf?: readonly { $ref?: string }[] };
  const own = allOf.flatMap(({ $ref }) => ($ref === undefined ? [] : [$ref.split('/').at(-1) ?? '']));
  return [...own, ...Object.values(node).flatMap(partsIn)];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
