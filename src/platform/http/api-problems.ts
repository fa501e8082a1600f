import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse, getSchemaPath, ApiExtraModels } from '@nestjs/swagger';
import { toProblem } from './problem.js';

class FieldProblem {
  @ApiProperty({ example: 'email' })
  field!: string;

  @ApiProperty({ type: [String], example: ['email must be an email'] })
  messages!: string[];
}

/** RFC 9457 problem details. */
export class ProblemResponse {
  @ApiProperty({ example: 'about:blank' })
  type!: string;

  @ApiProperty({ example: 'Bad Request' })
  title!: string;

  @ApiProperty({ example: 400 })
  status!: number;

  @ApiProperty({ example: 'The request has invalid fields' })
  detail!: string;

  @ApiProperty({ example: 'validation_failed', description: 'What programs decide by' })
  code!: string;

  @ApiProperty({ example: '019a9c1e-0000-7000-8000-000000000000' })
  request_id!: string;

  @ApiProperty({ type: [FieldProblem], required: false })
  errors?: FieldProblem[];

  @ApiProperty({ required: false, description: 'Seconds after which to try again' })
  retry_after?: number;
}

const EXAMPLE_ID = '019a9c1e-0000-7000-8000-000000000000';
/** Every operation may meet these. */
const ALWAYS = [413, 415, 429, 503];

/** One problem as an OpenAPI response, with an example. */
export function problemResponse(status: number): {
  description: string;
  content: Record<string, { schema: { $ref: string }; example: object }>;
} {
  return {
    description: toProblem({ statusCode: status }, EXAMPLE_ID).detail,
    content: {
      'application/problem+json': { schema: { $ref: getSchemaPath(ProblemResponse) }, example: exampleOf(status) },
    },
  };
}

/** Documents the problems an operation answers with, each with an example. */
export function ApiProblems(...statuses: readonly number[]): MethodDecorator {
  const documented = [...new Set([...statuses, ...ALWAYS])]
    .sort()
    .map((status) => ApiResponse({ status, ...problemResponse(status) }));
  return applyDecorators(ApiExtraModels(ProblemResponse), ...documented);
}

function exampleOf(status: number): object {
  const problem = toProblem({ statusCode: status }, EXAMPLE_ID);
  if (status === 400) {
    return {
      ...problem,
      code: 'validation_failed',
      detail: 'The request has invalid fields',
      errors: [{ field: 'first_name', messages: ['first_name must be 1 to 100 letters'] }],
    };
  }
  return status === 429 || status === 503 ? { ...problem, retry_after: 2 } : problem;
}
