import fc from 'fast-check';
import { BROKEN_JSON, CONTENT_TYPES, ODD_TEXTS, WRONG_VALUES } from './malformed-input.js';

/** What is read of a schema of the OpenAPI document. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema?: Schema;
}

/** An operation as its requests are made from. */
export interface FuzzedOperation {
  readonly operationId: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly bodies: readonly (readonly [media: string, schema: Schema, example: object])[];
}

/** A request with `~own3~` and `~id3~` where the sender puts ids that exist: of the path's collection, or of anything. */
export interface FuzzRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** How a value relates to its schema. */
type Tone = 'valid' | 'boundary' | 'broken';

const WORDS = [
  'Leo', 'María José', 'Núñez O’Brien', 'Leo is allergic to peanuts', 'Abuela vive en Lisboa desde 2019', 'homework',
  'home_location', 'Europe/Madrid', 'America/Argentina/Buenos_Aires', '2023-05-07', 'May 2023', '2019',
  '2024-02-29T23:59:59.999Z', 'maria', 'fuzz@example.org', 'copper-lantern-27-orchards', 'password', 'refresh_token',
  'auth.', '¿Qué le gusta a Leo?', 'moved to Porto', 'health', '192.0.2.7', '2001:db8::1', '~id1~', '7K2M-9QXA-R4TD',
] as const; // prettier-ignore
const EDGES = [
  '', ' ', 'a', '0', '-1', 'null', 'a'.repeat(64), 'a'.repeat(255), 'a'.repeat(256), '\u00e9'.repeat(200), '👩‍👧'.repeat(20),
  '0000-01-01', '0001-01-01', '9999-12-31', '10000-01-01', '2023-02-29', '2016-12-31T23:59:60Z', '1900-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59.999999-12:00', '-271821-04-20T00:00:00Z', '+275760-09-13T00:00:00Z', 'infinity', 'now', '294276-12-31',
  '%', '_', '\\', "'", '"', '(', ')', '[', '&', '|', '!', ':*', '<->', '*', 'or', 'UTC', 'Etc/GMT+12', 'ES', '١٢٣',
] as const; // prettier-ignore
const INTEGERS = [0, -0, 1, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e21];
const CURSORS = [
  '',
  'AAAA',
  'MjAyNS0wMS0wMVQwMDowMDowMFogeA',
  'e30',
  'bnVsbA',
  'W10',
  'W251bGwsbnVsbF0',
  '%%%',
  'x'.repeat(600),
];

const id = fc.nat({ max: 400 }).map((at) => `~id${String(at)}~`);
const oneOf = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** Requests for one operation, from the document alone. */
export class FuzzInput {
  constructor(private readonly schemas: Readonly<Record<string, Schema>>) {}

  requestsOf({ path, parameters, bodies, method }: FuzzedOperation): fc.Arbitrary<FuzzRequest> {
    const of = (tone: Tone): fc.Arbitrary<FuzzRequest> =>
      fc
        .record({
          target: this.target(path, tone),
          query: this.query(parameters, tone),
          headers: this.headers(parameters, tone),
          sent: method === 'GET' || bodies.length === 0 ? fc.constant(undefined) : this.body(bodies, tone),
        })
        .map(({ target, query, headers, sent }) => ({
          url: query === '' ? target : `${target}?${query}`,
          headers: sent?.media === undefined ? headers : { ...headers, 'content-type': sent.media },
          body: sent?.text,
        }));
    return fc.oneof(
      { weight: 2, arbitrary: of('valid') },
      { weight: 1, arbitrary: of('boundary') },
      { weight: 1, arbitrary: of('broken') },
    );
  }

  private target(path: string, tone: Tone): fc.Arbitrary<string> {
    if (!path.includes('{')) return fc.constant(path);
    const own = fc.nat({ max: 200 }).map((at) => `~own${String(at)}~`);
    const stranger = fc.oneof(id, fc.uuid());
    // `.` and `..` lead to other routes; malformed.spec.ts sends them.
    const odd = fc
      .oneof(fc.string({ minLength: 1, maxLength: 40 }), oneOf([...EDGES, ...ODD_TEXTS]))
      .filter((text) => text !== '' && !/^\.{1,2}$/.test(text) && text.isWellFormed())
      .map(encodeURIComponent);
    const value = fc.oneof(
      { weight: 8, arbitrary: own },
      { weight: 1, arbitrary: stranger },
      ...(tone === 'valid' ? [] : [{ weight: 4, arbitrary: odd }]),
    );
    return value.map((chosen) => path.replaceAll(/\{\w+\}/g, chosen));
  }

  private query(parameters: readonly Parameter[], tone: Tone): fc.Arbitrary<string> {
    // A cursor comes from an answer: none that is made up is valid.
    const known = parameters.filter(({ in: at, name }) => at === 'query' && (name !== 'cursor' || tone !== 'valid'));
    const pairs = known.map(({ name, schema = {} }) =>
      fc.option(
        (name === 'cursor' ? oneOf<unknown>(CURSORS) : this.value(schema, tone)).map(
          (value) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
        ),
        { nil: undefined, freq: 1 },
      ),
    );
    const extra =
      tone === 'broken'
        ? fc.option(fc.tuple(oneOf(['unknown', '__proto__', 'limit', 'a[b]', 'role']), oneOf(EDGES)), { freq: 1 })
        : fc.constant(null);
    return fc
      .tuple(fc.tuple(...pairs), extra)
      .map(([given, more]) =>
        [...given, more]
          .flatMap((pair) =>
            pair ? [`${encodeURIComponent(pair[0])}=${encodeURIComponent(pair[1].toWellFormed())}`] : [],
          )
          .join('&'),
      );
  }

  private headers(parameters: readonly Parameter[], tone: Tone): fc.Arbitrary<Record<string, string>> {
    const known = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
    const value = fc.oneof(
      fc.nat({ max: 40 }).map((n) => `key-${String(n)}`),
      ...(tone === 'valid' ? [] : [oneOf(['', ' ', 'x'.repeat(256), 'ñ', '"', ',', '0'])]),
    );
    return fc
      .tuple(
        ...known.map((name) =>
          fc.option(
            value.map((text) => [name, text] as const),
            { freq: 1 },
          ),
        ),
      )
      .map((given) => Object.fromEntries(given.filter((header) => header !== null)));
  }

  private body(
    bodies: FuzzedOperation['bodies'],
    tone: Tone,
  ): fc.Arbitrary<{ media: string | undefined; text: string | undefined }> {
    const written = fc.oneof(
      ...bodies.map(([media, schema, example]) =>
        (tone === 'valid' ? this.near(example, schema) : this.value(schema, tone)).map((value) => ({
          media,
          text: media.includes('form') ? form(value) : json(value),
        })),
      ),
    );
    if (tone !== 'broken') return written;
    const wrong = fc.record({
      media: oneOf(['application/json', undefined, ...CONTENT_TYPES]),
      text: oneOf([undefined, '{}', ...BROKEN_JSON]),
    });
    return fc.oneof({ weight: 5, arbitrary: written }, { weight: 1, arbitrary: wrong });
  }

  /** The documented example with up to two fields changed or left out: most random combinations contradict themselves. */
  private near(example: object, given: Schema): fc.Arbitrary<unknown> {
    const fields = Object.entries(this.resolve(given).properties ?? {});
    return fc
      .subarray(fields, { maxLength: Math.min(2, fields.length) })
      .chain((chosen) =>
        fc
          .record(
            Object.fromEntries(
              chosen.map(([name, schema]) => [
                name,
                fc.option(this.value(schema, 'valid'), { nil: undefined, freq: 6 }),
              ]),
            ),
          )
          .map((changes) => ({ ...example, ...changes })),
      );
  }

  private value(given: Schema, tone: Tone): fc.Arbitrary<unknown> {
    const valid = this.valid(this.resolve(given), tone);
    if (tone === 'valid') return valid;
    const edge = this.edge(this.resolve(given));
    if (tone === 'boundary') return fc.oneof({ weight: 3, arbitrary: valid }, { weight: 1, arbitrary: edge });
    return fc.oneof(
      { weight: 6, arbitrary: valid },
      { weight: 1, arbitrary: edge },
      { weight: 1, arbitrary: oneOf<unknown>([...WRONG_VALUES, ...ODD_TEXTS]) },
      { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
    );
  }

  private valid(schema: Schema, tone: Tone): fc.Arbitrary<unknown> {
    if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => this.value(one, tone)));
    if (schema.enum) return oneOf(schema.enum);
    const types = [schema.type ?? 'string'].flat();
    const [type] = types.filter((one) => one !== 'null');
    const value = this.ofType(type ?? 'null', schema, tone);
    return types.includes('null') ? fc.option(value, { freq: 6 }) : value;
  }

  private ofType(type: string, schema: Schema, tone: Tone): fc.Arbitrary<unknown> {
    const { minimum = -1000, maximum = 10 ** 9, minLength = 0, maxLength = 300, items, properties } = schema;
    switch (type) {
      case 'object':
        return properties
          ? this.object(schema, tone)
          : fc.dictionary(oneOf(['a', 'b', 'ñ']), fc.jsonValue(), { maxKeys: 3 });
      case 'array':
        return fc.array(this.value(items ?? {}, tone), { maxLength: 3 });
      case 'boolean':
        return fc.boolean();
      case 'integer':
        return fc.integer({ min: Math.ceil(minimum), max: Math.floor(maximum) });
      case 'number':
        return fc.double({ min: minimum, max: maximum, noNaN: true });
      case 'string':
        return fc.oneof(
          ...(schema.example === undefined ? [] : [{ weight: 3, arbitrary: fc.constant(schema.example) }]),
          { weight: 3, arbitrary: this.text(schema) },
          { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) }) },
        ); // prettier-ignore
      default:
        return fc.constant(null);
    }
  }

  private text({ format, example }: Schema): fc.Arbitrary<unknown> {
    if (format === 'uuid') return fc.oneof({ weight: 5, arbitrary: id }, { weight: 1, arbitrary: fc.uuid() });
    if (format === 'email') return fc.nat({ max: 500 }).map((n) => `fuzz-${String(n)}@example.org`);
    const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    if (format === 'date') return day.map((date) => date.toISOString().slice(0, 10));
    if (format === 'date-time') return day.map((date) => date.toISOString());
    // Most fields take their own kind of words; the others' are refused without having been looked at closely.
    return example === undefined
      ? oneOf(WORDS)
      : fc.oneof({ weight: 2, arbitrary: fc.nat({ max: 300 }).map((n) => `${typeof example === 'string' ? example : ''}${String(n)}`) }, { weight: 1, arbitrary: oneOf(WORDS) }); // prettier-ignore
  }

  private object({ properties = {}, required = [] }: Schema, tone: Tone): fc.Arbitrary<unknown> {
    const fields = Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [name, this.value(schema, tone)]),
    );
    const whole = fc.record(fields, { requiredKeys: [...required] });
    if (tone !== 'broken') return whole;
    const extra = oneOf(['role', 'id', 'is_admin', 'family_id', 'owner_id', '$where', '__proto__', 'constructor', '']);
    return fc.oneof(
      { weight: 4, arbitrary: whole },
      { weight: 1, arbitrary: fc.record(fields, { requiredKeys: [] }) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(whole, extra, oneOf<unknown>(WRONG_VALUES))
          .map(([object, name, value]) => Object.defineProperty({ ...object }, name, { value, enumerable: true })),
      },
    );
  }

  private edge({
    type,
    minimum,
    maximum,
    maxLength,
    minLength,
    maxItems,
    example,
    format,
  }: Schema): fc.Arbitrary<unknown> {
    const kinds = [type ?? 'string'].flat();
    const around = [minimum, maximum].flatMap((limit) => (limit === undefined ? [] : [limit - 1, limit, limit + 1]));
    if (kinds.includes('integer') || kinds.includes('number'))
      return oneOf([...around, ...INTEGERS, 0.1, 1e-320, null]);
    if (kinds.includes('array'))
      return oneOf<unknown>([[], null, [null], ...(maxItems === undefined ? [] : [Array.from({ length: maxItems + 1 }, () => (example as unknown[] | undefined)?.[0])])]); // prettier-ignore
    if (kinds.includes('object')) return oneOf<unknown>([{}, null, []]);
    if (kinds.includes('boolean')) return oneOf<unknown>([null, 'true', 'false', 0, 1, '']);
    const lengths = [minLength, maxLength].flatMap((limit) =>
      limit === undefined
        ? []
        : ['x'.repeat(Math.max(0, limit - 1)), 'ñ'.repeat(limit), '😀'.repeat(limit), 'x'.repeat(limit + 1)],
    );
    const ids = [
      '00000000-0000-0000-0000-000000000000',
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      '{019a9c1e-0000-7000-8000-000000000000}',
    ];
    return oneOf<unknown>([null, ...EDGES, ...ODD_TEXTS.slice(0, 4), ...lengths, ...(format === 'uuid' ? ids : [])]);
  }

  private resolve(schema: Schema): Schema {
    return schema.$ref === undefined ? schema : (this.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  }
}

const json = (value: unknown): string => (value === undefined ? 'null' : JSON.stringify(value));

function form(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value).toWellFormed();
  return Object.entries(value)
    .map(
      ([name, field]) =>
        `${encodeURIComponent(name)}=${encodeURIComponent((typeof field === 'string' ? field : json(field)).toWellFormed())}`,
    )
    .join('&');
}
