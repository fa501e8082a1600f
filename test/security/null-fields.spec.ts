import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createDocument } from '../../src/app.docs.js';
import { uuidv7 } from '../../src/platform/ids.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFamily, newFirstAdmin } from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly nullable?: boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Documented {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema?: Schema; example?: object }>> };
}

let server: TestApp;
let bearer: string;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  await newFirstAdmin(server);
  bearer = (await newFamily(server)).parent.bearer;
});
afterAll(() => server.close());

const takesNull = ({ type, nullable, anyOf = [], oneOf = [] }: Schema): boolean =>
  nullable === true || [type].flat().includes('null') || [...anyOf, ...oneOf].some(takesNull);

describe('a field that is null', () => {
  it('where the document has no null is refused by its name, wherever there is a body', async () => {
    const document = createDocument(server.app);
    const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
    const resolve = (schema: Schema = {}): Schema => schemas[schema.$ref?.split('/').at(-1) ?? ''] ?? schema;
    const faults: string[] = [];
    let tried = 0;
    for (const [path, item] of Object.entries(document.paths))
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
        const operation = (item as Record<string, Documented | undefined>)[method.toLowerCase()];
        const body = operation?.requestBody?.content['application/json'];
        if (!operation || !body) continue;
        for (const [field, schema] of Object.entries(resolve(body.schema).properties ?? {})) {
          if (takesNull(resolve(schema)) || takesNull(schema)) continue;
          const { statusCode, payload } = await server.app.inject({
            method,
            url: path.replace(/\{\w+\}/, uuidv7()),
            headers: { authorization: bearer, 'content-type': 'application/json' },
            payload: JSON.stringify({ ...body.example, [field]: null }),
          });
          tried += 1;
          // Whoever may not ask at all learns nothing of fields.
          if (statusCode === 403) continue;
          const { errors = [] } = JSON.parse(payload) as { errors?: { field: string }[] };
          if (statusCode !== 400 || !errors.some((error) => error.field === field))
            faults.push(`${operation.operationId} ${field}: ${String(statusCode)} ${payload.slice(0, 200)}`);
        }
      }
    expect(faults).toEqual([]);
    expect(tried).toBeGreaterThan(100);
  });
});
