import { createDocument } from '../../src/app.docs.js';
import type { Permission } from '../../src/platform/security/index.js';
import type { TestApp } from '../support/create-app.js';

/** One operation of the OpenAPI document, as the tests that walk all of them need it. */
export interface Operation {
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With `{id}` for its parameters. */
  readonly path: string;
  readonly access: Access;
  /** Names of the security schemes that open it. */
  readonly security: readonly string[];
  /** An example of the request's body; undefined where the operation takes none. */
  readonly example: Readonly<Record<string, unknown>> | undefined;
  readonly queryKeys: readonly string[];
}

export interface Access {
  readonly public?: boolean;
  readonly all?: readonly Permission[];
  readonly any?: readonly Permission[];
}

interface DocumentedOperation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example: Readonly<Record<string, unknown>> }>>;
  };
  readonly security: readonly object[];
  readonly 'x-permissions': Access;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Every operation that the server documents. */
export function operationsOf({ app }: TestApp): readonly Operation[] {
  return Object.entries(createDocument(app).paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const documented = item[method] as unknown as DocumentedOperation | undefined;
      if (!documented) return [];
      const { operationId: id, parameters, requestBody, security: schemes, 'x-permissions': access } = documented;
      const security = schemes.flatMap((scheme) => Object.keys(scheme));
      const [media] = Object.values(requestBody?.content ?? {});
      const queryKeys = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
      return [{ id, method, path, access, security, example: inTime(media?.example), queryKeys }];
    }),
  );
}

/** The documented end of a silence is a day, which will have passed when these tests run later. */
const inTime = (example: Operation['example']): Operation['example'] =>
  example && 'ends_at' in example ? { ...example, ends_at: new Date(Date.now() + 86_400_000).toISOString() } : example;
