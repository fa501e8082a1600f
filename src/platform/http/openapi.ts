import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import { problemResponse } from './api-problems.js';

/** What is read and completed of an operation. */
interface Operation {
  operationId?: string;
  responses: Record<string, object | undefined>;
  requestBody?: { required?: boolean; content: Record<string, { schema?: Schema; example?: unknown }> };
  security?: object[];
  'x-permissions'?: { public?: boolean };
}

interface Schema {
  $ref?: string;
  properties?: Record<string, { example?: unknown }>;
  required?: readonly string[];
  additionalProperties?: unknown;
}

type Schemas = Record<string, Schema>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/**
 * Completes a generated document with what holds for every operation and so is not repeated at each one: the problems
 * any request may meet, who is let in without signing in, an example of each request, and that unknown fields are
 * refused. Sorted, so that the contract's file changes only where the API does.
 */
export function completeDocument(document: OpenAPIObject): OpenAPIObject {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  for (const [name, path] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      if (path[method]) complete(path[method] as unknown as Operation, schemas, name.includes('{'));
    }
  }
  return {
    ...document,
    paths: sorted(document.paths),
    components: {
      ...document.components,
      schemas: sorted(schemas) as NonNullable<OpenAPIObject['components']>['schemas'] & object,
    },
  };
}

function complete(operation: Operation, schemas: Schemas, hasId: boolean): void {
  // A handler with several paths gets `name[0]`, `name[1]`, which no client generator takes for a name.
  const id = operation.operationId?.replace('[0]', '').replace(/\[(\d+)\]/, '_$1');
  if (id !== undefined) operation.operationId = id;
  const isPublic = operation['x-permissions']?.public ?? false;
  if (isPublic) operation.security = [];
  // An id that no id is as long as.
  const tooLong = hasId ? [414] : [];
  for (const status of isPublic ? [400, ...tooLong] : [400, 401, 403, ...tooLong])
    operation.responses[status] ??= problemResponse(status);
  for (const [status, response] of Object.entries(operation.responses)) {
    operation.responses[status] = { ...response, description: describe(status, response) };
  }
  for (const media of Object.values(operation.requestBody?.content ?? {})) {
    const schema = media.schema?.$ref === undefined ? media.schema : schemas[media.schema.$ref.split('/').at(-1) ?? ''];
    if (!schema) continue;
    schema.additionalProperties = false;
    // Where every field may be left out, so may the body.
    if (operation.requestBody) operation.requestBody.required = (schema.required ?? []).length > 0;
    media.example ??= exampleOf(schema);
  }
}

/** A request as somebody would send it: the fields that have an example, so that "Try it out" works as it stands. */
function exampleOf({ properties = {} }: Schema): Record<string, unknown> {
  const fields = Object.entries(properties).flatMap(([name, { example }]) =>
    example === undefined ? [] : [[name, example] as const],
  );
  return Object.fromEntries(fields);
}

const describe = (status: string, response: { description?: string } = {}): string =>
  response.description || (STATUS_CODES[status] ?? status);

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));
}
