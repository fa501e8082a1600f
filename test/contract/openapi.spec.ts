import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import ts from 'typescript';
import { renderDocument } from '../../src/app.docs.js';
import { API_KEY_SCOPES } from '../../src/platform/security/index.js';
import type { Access } from '../security/operations.js';
import { startApp, type TestApp } from '../support/create-app.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const fileNamed = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const CONTRACT = fileNamed('openapi.json');
const CLIENT = fileNamed('client.ts');
const USAGE = fileNamed('client-usage.ts');

/** Operations that only send a browser on. */
const REDIRECTS = ['/auth/login/{provider}'];

interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
}

interface Schema {
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly additionalProperties?: boolean;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Media>> }>
  >;
  readonly 'x-permissions': Access;
}

interface Document {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

let server: TestApp;
let generated: string;
let document: Document;
let operations: readonly Operation[];

beforeAll(async () => {
  server = await startApp();
  generated = renderDocument(server.app);
  document = JSON.parse(generated) as Document;
  operations = Object.values(document.paths).flatMap((path) => Object.values(path));
});
afterAll(() => server.close());

const resolve = ({ $ref, ...schema }: Schema): Schema =>
  $ref === undefined ? schema : (document.components.schemas[$ref.split('/').at(-1) ?? ''] ?? {});

describe('the contract', () => {
  it('is the file, letter by letter; `npm run cli -- openapi export` writes it anew', () => {
    expect(JSON.parse(readFileSync(CONTRACT, 'utf8'))).toEqual(document);
    expect(readFileSync(CONTRACT, 'utf8')).toBe(generated);
  });

  it('does not depend on when it is made', () => {
    expect(renderDocument(server.app)).toBe(generated);
    const paths = Object.keys(document.paths);
    expect(paths).toEqual([...paths].sort());
    const schemas = Object.keys(document.components.schemas);
    expect(schemas).toEqual([...schemas].sort());
  });

  it('is valid OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    const config = await createConfig({
      extends: ['minimal'],
      rules: {
        struct: 'error',
        'no-unresolved-refs': 'error',
        'no-unused-components': 'error',
        'no-identical-paths': 'error',
        'no-ambiguous-paths': 'off', // /users/me and /users/{id}: the literal one wins, as the router has it
        'path-parameters-defined': 'error',
        'path-declaration-must-exist': 'error',
        'operation-operationId': 'error',
        'operation-operationId-unique': 'error',
        'operation-operationId-url-safe': 'error',
        'operation-parameters-unique': 'error',
        'operation-summary': 'error',
        'operation-2xx-response': 'error',
        'operation-4xx-response': 'error',
        'no-invalid-media-type-examples': 'error',
        'no-invalid-schema-examples': 'error',
        'no-invalid-parameter-examples': 'error',
        'security-defined': 'error',
        'tag-description': 'error',
        'no-enum-type-mismatch': 'error',
      },
    });
    const found = await lintFromString({ source: generated, absoluteRef: CONTRACT, config });
    const problems = found.filter(({ ruleId, location }) => {
      const isRedirect = REDIRECTS.some((path) => location[0]?.pointer?.includes(path.replaceAll('/', '~1')));
      return ruleId !== 'operation-2xx-response' || !isRedirect;
    });
    expect(
      problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer ?? ''}`),
    ).toEqual([]);
  });
});

describe('every operation', () => {
  it('has one known tag and a summary of its own', () => {
    const known = document.tags.map(({ name }) => name);
    for (const { operationId, tags = [], summary = '' } of operations) {
      expect({ operationId, tags, summary }).toEqual({
        operationId,
        tags: [expect.any(String)],
        summary: expect.stringMatching(/^.{4,}$/),
      });
      expect(known).toContain(tags[0]);
    }
    expect(operations.length).toBeGreaterThan(40);
  });

  it('documents the problems it may answer with, each with an example', () => {
    for (const { operationId, responses, 'x-permissions': access } of operations) {
      const problems = Object.entries(responses).flatMap(([status, { content }]) => {
        const media = content?.['application/problem+json'];
        return media ? [[status, media] as const] : [];
      });
      const statuses = problems.map(([status]) => status);
      expect({ operationId, statuses }).toEqual({
        operationId,
        statuses: expect.arrayContaining(access.public ? ['400'] : ['400', '401', '403', '429', '503']),
      });
      for (const [status, { example, schema }] of problems) {
        expect(schema?.$ref).toBe('#/components/schemas/ProblemResponse');
        expect(example).toEqual(
          expect.objectContaining({
            status: Number(status),
            code: expect.any(String),
            title: expect.any(String),
            request_id: expect.any(String),
          }),
        );
      }
    }
  });

  it('says whether one has to be signed in, and by what', () => {
    const scopes: readonly string[] = API_KEY_SCOPES;
    for (const { operationId, security, 'x-permissions': access } of operations) {
      expect({ operationId, security }).toEqual({
        operationId,
        security: access.public
          ? []
          : [
              { bearer: [] },
              { cookie: [] },
              ...(access.all?.every((permission) => scopes.includes(permission)) ||
              access.any?.some((permission) => scopes.includes(permission))
                ? [{ 'api-key': [] }]
                : []),
            ],
      });
    }
  });

  it('describes what it answers with when it succeeds', () => {
    for (const { operationId, responses } of operations) {
      if (responses['302']) continue;
      const [success, ...others] = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      expect({ operationId, others: others.length }).toEqual({ operationId, others: 0 });
      const [schema] = Object.values(success?.[1].content ?? {}).map((media) => media.schema);
      expect({ operationId, hasSchema: schema !== undefined }).toEqual({
        operationId,
        hasSchema: success?.[0] !== '204',
      });
    }
  });
});

describe('every request', () => {
  it('has an example for each field that it needs, and takes no field that is not described', () => {
    for (const { operationId, requestBody } of operations) {
      for (const media of Object.values(requestBody?.content ?? {})) {
        const { properties = {}, required = [], additionalProperties } = resolve(media.schema ?? {});
        const bare = required.filter((name) => properties[name]?.example === undefined);
        expect({ operationId, bare, additionalProperties }).toEqual({
          operationId,
          bare: [],
          additionalProperties: false,
        });
        expect(Object.keys(media.example as object)).toEqual(expect.arrayContaining([...required]));
      }
    }
  });
});

describe('a TypeScript client', () => {
  // A field with a default may be left out of a request, which the generator takes for one that is always there.
  // npx openapi-typescript test/contract/openapi.json --default-non-nullable false -o test/contract/client.ts
  it('generated from the contract is the file', async () => {
    const client = COMMENT_HEADER + astToString(await openapiTS(generated, { defaultNonNullable: false }));
    expect(readFileSync(CLIENT, 'utf8')).toBe(client);
  });

  it('lets an app be written against it that type-checks', () => {
    const program = ts.createProgram([USAGE], {
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      lib: ['lib.es2024.d.ts'],
      types: [],
    });
    const faults = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(faults).toEqual([]);
    expect(program.getSourceFile(CLIENT)).toBeDefined();
  });
});
