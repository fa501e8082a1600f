import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiProperty,
  ApiPropertyOptional,
  ApiSchema,
  getSchemaPath,
  ApiExtraModels,
} from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { fieldError } from './domain-error.js';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** `?limit=` and `?cursor=` of every list. */
@ApiSchema({ name: 'PageQuery' })
export class PageQuery {
  @ApiPropertyOptional({
    description: 'Rows on a page',
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
    type: 'integer',
  })
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : (value as unknown)))
  @IsOptional()
  @IsInt({ message: `limit must be a whole number from 1 to ${String(MAX_LIMIT)}` })
  @Min(1)
  @Max(MAX_LIMIT)
  limit: number = DEFAULT_LIMIT;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  cursor?: string;
}

/** One page of a list. */
export interface Page<T> {
  readonly data: readonly T[];
  /** Give it back as `?cursor=` for the next page; null on the last one. */
  readonly next_cursor: string | null;
}

/** Where a page ended: the sort key of its last row, a time stamp (text of the database, microseconds kept) and an id. */
export interface Position {
  readonly at: string;
  readonly id: string;
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00(:?00)?)$/;

/** The opaque text of a position. */
export function encodeCursor({ at, id }: Position): string {
  return Buffer.from(`${at} ${id}`.replaceAll(/\s+(?=\d\d:)/g, 'T')).toString('base64url');
}

/**
 * @throws DomainError 400 on the field `cursor` when it was not made by `encodeCursor`
 */
export function decodeCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const [at = '', id = '', ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  if (rest.length > 0 || !UUID.test(id) || !TIMESTAMP.test(at) || !isRealTime(at)) {
    throw fieldError('cursor', 'cursor must be the next_cursor of an earlier page');
  }
  return { at, id };
}

/** V8 takes 30 February for 1 March; PostgreSQL does not. */
function isRealTime(at: string): boolean {
  const day = at.slice(0, 10);
  const time = Date.parse(`${day}T${at.slice(11, 19)}Z`);
  return !day.startsWith('0000') && !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** Makes a page of rows that were read with `limit + 1`: the extra one only tells that there are more. */
export function toPage<Row, T>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => Position,
  map: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(map),
    next_cursor: rows.length > limit && last !== undefined ? encodeCursor(position(last)) : null,
  };
}

class PageFields {
  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Cursor of the next page, null on the last',
    example: null,
  })
  next_cursor!: string | null;
}

/** Documents a page of `Item`s. */
export function ApiPage(Item: Type): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(PageFields, Item),
    ApiOkResponse({
      schema: {
        type: 'object',
        required: ['data', 'next_cursor'],
        allOf: [{ $ref: getSchemaPath(PageFields) }],
        properties: { data: { type: 'array', items: { $ref: getSchemaPath(Item) } } },
      },
    }),
  );
}
